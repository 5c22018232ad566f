"""Errors of the client.

ClientError                   anything this package raises on purpose
├── InvalidOption             a setting or an argument is out of range
├── AudioError                the audio cannot be used; nothing was sent
│   ├── AudioUnreadable       the file is absent, a directory, or may not be read
│   ├── UnsupportedAudio      not audio at all, or a container or codec that is not decoded here
│   ├── CorruptAudio          it claims to be audio, but no samples come out
│   └── InvalidAudio          empty, wrong shape or dtype, NaN or infinite samples, absurd sample rate
├── ServiceError              a segment finally failed; names the recording, the segment and the cause
│   ├── ServerUnavailable     no connection, or the queue stayed full, through all attempts
│   ├── DeadlineExceeded      no answer within the deadline
│   ├── RequestRejected       the server refuses this request as it is: language, context, model name, access
│   └── ServerFailed          the server broke down over the request, or its answer makes no sense
└── ClientClosed              the client was closed during the call, or before
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asr_client.transport import GrpcStatus


class ClientError(Exception):
    """Base of all errors the client raises on purpose."""


class InvalidOption(ClientError):
    """A setting or an argument is out of range."""


class AudioError(ClientError):
    """The audio cannot be used; nothing was sent."""


class AudioUnreadable(AudioError):
    """The file is absent, a directory, or may not be read."""


class UnsupportedAudio(AudioError):
    """The file is not audio at all, or in a container or codec that is not decoded here."""


class CorruptAudio(AudioError):
    """The file claims to be audio, but no samples come out of it."""


class InvalidAudio(AudioError):
    """The samples are empty, of the wrong shape or dtype, not finite, or at an absurd rate."""


class ServiceError(ClientError):
    """The server did not answer as it should.

    `status` is the gRPC status name of the last attempt (`UNAVAILABLE`, …), or empty where none came.
    """

    def __init__(self, message: str, status: GrpcStatus | str = "") -> None:
        super().__init__(message)
        self.status = status


class ServerUnavailable(ServiceError):
    """No connection, or the queue stayed full, through all attempts."""


class DeadlineExceeded(ServiceError):
    """No answer came within the deadline."""


class RequestRejected(ServiceError):
    """The server refuses this request as it is: language, context, model name, access."""


class ServerFailed(ServiceError):
    """The server broke down over the request, or its answer makes no sense."""


class ClientClosed(ClientError):
    """The client was closed during the call, or before."""
