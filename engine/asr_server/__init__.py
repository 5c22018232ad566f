"""Triton server of a model repository: started, watched and probed as one process."""
