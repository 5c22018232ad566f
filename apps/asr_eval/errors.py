"""Error of the accuracy measurement."""

from __future__ import annotations


class BadTestSet(Exception):
    """A test set cannot be read, or one of its rows cannot be used."""
