"""Conversion of a Triton request into the engine's: the audio is copied out, the options are checked."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np

from asr_engine.errors import InvalidAudio, RequestError
from asr_engine.request import AsrRequest

AUDIO = "AUDIO"
MAX_ID_CHARS = 128

_OPTIONS: dict[str, type] = {"language": str, "context": str, "max_new_tokens": int}
_unnamed = itertools.count(1)


def request_id_of(triton_request: Any) -> str:
    """The caller's request id made safe for a log line, or a running number if the caller gave none."""
    given = str(triton_request.request_id())[:MAX_ID_CHARS]
    printable = "".join(character if character.isprintable() else "?" for character in given)
    return printable or f"unnamed-{next(_unnamed)}"


def read_request(triton_request: Any, request_id: str, pb_utils: Any) -> AsrRequest:
    """Copy audio and options out of Triton's memory, which is reused once `execute` has returned.

    Raises RequestError naming the wrong value and what is allowed.
    """
    tensor = pb_utils.get_input_tensor_by_name(triton_request, AUDIO)
    if tensor is None:
        raise InvalidAudio(f"the input {AUDIO} is missing")
    audio = tensor.as_numpy()
    if audio.dtype != np.int16 or audio.ndim != 2 or audio.shape[0] != 1:
        raise InvalidAudio(f"{AUDIO} is {audio.dtype} {list(audio.shape)}; int16 [1, samples] is needed")
    return AsrRequest(id=request_id, pcm=audio[0].copy(), **_options(triton_request.parameters()))


def _options(parameters: str) -> dict[str, Any]:
    options = json.loads(parameters) if parameters else {}
    for name, value in options.items():
        wanted = _OPTIONS.get(name)
        if wanted is None:
            raise RequestError(f"unknown parameter {name!r}; allowed: {', '.join(_OPTIONS)}")
        if type(value) is not wanted:
            raise RequestError(f"parameter {name} is {value!r}; a value of type {wanted.__name__} is needed")
    # A caller whose language field is unset sends an empty string, which leaves the choice to the model.
    return {**options, "language": options.get("language") or None}
