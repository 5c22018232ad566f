"""Graphs of an export: built from the PyTorch model, then patched into what the engine runs."""
