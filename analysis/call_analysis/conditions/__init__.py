"""The condition types, one a file: the file's name is the type, its class `CONDITION` does the work.

A new type is a new file here; nothing else has to change. See `call_analysis.rules.condition.Check`.
"""
