"""Quantisation: int8 products and convolutions, and the range of float16."""
