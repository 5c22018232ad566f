"""Client of the transcription service.

>>> from asr_client import AsrClient, ClientSettings
>>> with AsrClient(ClientSettings(address="127.0.0.1:8001")) as client:
...     transcript = client.transcribe("call.wav")
"""

from asr_client.client import AsrClient
from asr_client.errors import ClientError
from asr_client.segments.segment_result import SegmentResult
from asr_client.settings import ClientSettings, Priority, TlsFiles

__all__ = ["AsrClient", "ClientError", "ClientSettings", "Priority", "SegmentResult", "TlsFiles"]
