"""Condition types, one a module: the module's name is the type, its `CONDITION` is the class.

A new type is a new module here and nothing else. `call_analysis.rules_file.condition_types` says what its
class needs.
"""
