"""Benchmark of this engine, alone and behind Triton, against the same model in PyTorch.

`python -m bench --help` explains it; `make bench` runs it.
"""
