"""Accuracy measurement: how wrong is a transcript, against a reference? See `asr_eval.scoring`."""
