"""Cache of transcripts on disk.

>>> from asr_types.cache_folder import transcript_cache_folder
>>> from asr_client.cache.client import CachedClient
>>> from asr_client.cache.entries import Entries
>>> cached = CachedClient(client, Entries(transcript_cache_folder()))
>>> transcript = cached.transcribe("call.wav")
"""
