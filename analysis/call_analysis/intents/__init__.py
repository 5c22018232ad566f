"""Intents: how they are recognised in turns and calls, and how well."""
