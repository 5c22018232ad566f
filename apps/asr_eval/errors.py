"""Errors of measuring."""

from __future__ import annotations


class BadTestSet(Exception):
    """A test set cannot be read, or says something that makes no sense."""
