"""Cache of transcripts on disk.

>>> from asr_client.cache.client import CachedClient
>>> from asr_client.cache.entries import Entries
>>> cached = CachedClient(client, Entries(Path("~/.cache/asr").expanduser()))
>>> transcript = cached.transcribe("call.wav")
"""
