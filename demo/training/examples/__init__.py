"""Training examples: clips with their targets, and batches of them."""
