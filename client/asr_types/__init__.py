"""The transcript of a call as plain data: see `asr_types.transcript` and `asr_types.schema`."""
