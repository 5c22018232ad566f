"""Bulk transcription of many recordings, on one machine or on many, that resumes after any interruption."""
