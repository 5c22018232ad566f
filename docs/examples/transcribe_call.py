"""Transcribe one call and print who said what, and when: transcribe_call.py ADDRESS FILE."""

import sys

from asr_client import AsrClient, ClientSettings

address, path = sys.argv[1:]
with AsrClient(ClientSettings(address=address)) as client:
    call = client.transcribe(path)
for turn in call.turns():
    print(f"{turn.start_s:7.2f} s  {turn.role}: {turn.text}")
