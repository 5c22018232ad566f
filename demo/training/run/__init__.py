"""Run of the training: its plan, stages, curriculum and loop."""
