"""Checks of an export: its graphs and tokenizer against the PyTorch reference."""
