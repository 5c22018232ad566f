"""Errors of the call analysis.

AnalysisError            anything this package raises on purpose
├── RulesError           a rules file cannot be used; the message has file, line and what is allowed
└── TranscriptFileError  a file holds no readable transcript
"""

from __future__ import annotations


class AnalysisError(Exception):
    """Base of all errors the call analysis raises on purpose."""


class RulesError(AnalysisError):
    """A rules file cannot be used; the message has file, line and what is allowed."""


class TranscriptFileError(AnalysisError):
    """A file holds no readable transcript."""
