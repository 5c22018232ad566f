"""ONNX graphs and their sessions: encoder, decoder on either device, and KV cache."""
