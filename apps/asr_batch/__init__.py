"""Transcribes archives: many recordings, interrupted and resumed, on one machine or on many."""
