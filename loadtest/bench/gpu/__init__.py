"""Agreement and timings of the CUDA export on a GPU."""
