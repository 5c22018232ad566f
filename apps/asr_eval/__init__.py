"""Accuracy measurement: error rates of transcripts against reference texts."""
