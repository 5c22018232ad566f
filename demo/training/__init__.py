"""Makes the demo checkpoint out of text: grammar, synthesised speech, training, evaluation, export."""
