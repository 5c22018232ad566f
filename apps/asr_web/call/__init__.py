"""Tabs of one call: its run, its result and its playback."""
