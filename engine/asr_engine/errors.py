"""Errors of the engine.

EngineError                  anything this package raises on purpose
├── ConfigError              engine.json has an unknown key or a value out of range
├── ArtifactError            the exported files are missing, changed or do not fit together
├── RequestError             the request itself cannot be served; the sender must change it
│   ├── InvalidAudio         empty, wrong shape or dtype, NaN or infinite samples, too long
│   ├── InvalidOption        an option of the wrong type or out of range
│   ├── UnknownLanguage      a language outside the model's list
│   └── ContextTooLong       context, audio and output do not fit the model's positions together
├── EngineFull               no admission permit is free and the caller did not want to wait
├── RequestCancelled         the caller went away before the answer was ready
├── EngineClosed             the engine was shut down before the answer was ready
└── EngineFailed             the loop met an unexpected error; everything pending failed with it
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of all errors the engine raises on purpose."""


class ConfigError(EngineError):
    """engine.json has an unknown key or a value out of range."""


class ArtifactError(EngineError):
    """The exported files are missing, changed or do not fit together."""


class RequestError(EngineError):
    """The request itself cannot be served; the sender must change it."""


class InvalidAudio(RequestError):
    """The audio is empty, too long, of the wrong shape or dtype, or not finite."""


class InvalidOption(RequestError):
    """An option of the request is of the wrong type or out of range."""


class UnknownLanguage(RequestError):
    """The language is outside the model's list."""


class ContextTooLong(RequestError):
    """Context, audio and output do not fit the model's positions together."""


class EngineFull(EngineError):
    """No admission permit is free and the caller did not want to wait."""


class RequestCancelled(EngineError):
    """The caller went away before the answer was ready."""


class EngineClosed(EngineError):
    """The engine was shut down before the answer was ready."""


class EngineFailed(EngineError):
    """The loop met an unexpected error; everything pending failed with it."""
