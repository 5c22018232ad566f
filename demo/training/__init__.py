"""Training of the demo checkpoint from text: grammar, synthesised speech, training, evaluation, export."""
