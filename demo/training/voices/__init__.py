"""Synthesised voices: two synthesisers, their speakers, and the store of what they said."""
