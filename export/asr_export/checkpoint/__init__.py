"""Checkpoints in both published layouts: found, loaded and described."""
