"""Benchmarks of single operations and stages. Each module is a program."""
