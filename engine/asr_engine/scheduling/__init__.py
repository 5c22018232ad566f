"""Scheduling: which requests are admitted, hold a slot, and take part in the next step."""
