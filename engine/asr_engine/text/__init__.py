"""Text around the decoder: the prompt that goes in, and the answer that comes out."""
