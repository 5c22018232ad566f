"""Types that client and analysis share, first of all `asr_types.transcript.Transcript`."""
