"""Sentences for training and evaluation, drawn from a grammar, and those held out."""
