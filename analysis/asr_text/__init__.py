"""The written form of recognised text: `asr_text.written_form` is the entry."""
