"""What is done to recognised text without a model: see `asr_text.written_form`."""
