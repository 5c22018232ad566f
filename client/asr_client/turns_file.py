"""Turns file: the turns that a diarisation tool wrote, as RTTM or JSON.

RTTM is the usual format of such tools, one line a turn: `SPEAKER file channel start duration <NA> <NA>
speaker <NA> <NA>`. JSON is a list of `{"start_s": …, "end_s": …, "speaker": …}`, with an optional `role`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asr_client.errors import InvalidOption
from asr_client.speakers import SpeakerTurn
from asr_types.transcript import ROLE_UNKNOWN

_RTTM_FIELDS = 8  # up to the speaker


def read_turns(
    path: str | os.PathLike[str], roles: Mapping[str, str] | None = None
) -> tuple[SpeakerTurn, ...]:
    """Turns of one recording. `roles` gives speakers their roles, as `{"SPEAKER_00": "agent"}`.

    Raises InvalidOption for a file that cannot be read or has neither format; it names the line or entry.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidOption(f"{path} cannot be read: {error}") from error
    turns = _from_json(path, text) if text.lstrip().startswith("[") else _from_rttm(path, text)
    roles = roles or {}
    unknown = roles.keys() - {turn.speaker for turn in turns}
    if unknown:
        raise InvalidOption(f"{path} has no speaker {', '.join(map(repr, sorted(unknown)))}")
    return tuple(
        SpeakerTurn(turn.start_s, turn.end_s, turn.speaker, roles.get(turn.speaker, turn.role))
        for turn in turns
    )


def _from_rttm(path: Path, text: str) -> list[SpeakerTurn]:
    turns = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":  # other lines describe the speakers
            continue
        try:
            if len(fields) < _RTTM_FIELDS:
                raise ValueError(f"{len(fields)} fields; expected {_RTTM_FIELDS} or more")
            start_s = float(fields[3])
            turns.append(SpeakerTurn(start_s, start_s + float(fields[4]), fields[7]))
        except (ValueError, InvalidOption) as error:
            raise InvalidOption(f"{path}, line {number}: {error}") from error
    if not turns:
        raise InvalidOption(f"{path} holds no turns; expected RTTM lines or a JSON list")
    return turns


def _from_json(path: Path, text: str) -> list[SpeakerTurn]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise InvalidOption(f"{path} is not JSON: {error}") from error
    return [_from_entry(f"{path}, entry {number}", entry) for number, entry in enumerate(entries, 1)]


def _from_entry(place: str, entry: Any) -> SpeakerTurn:
    try:
        return SpeakerTurn(
            float(entry["start_s"]),
            float(entry["end_s"]),
            str(entry["speaker"]),
            str(entry.get("role", ROLE_UNKNOWN)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidOption(f"{place}: expected start_s, end_s and speaker, got {entry!r}") from error
    except InvalidOption as error:
        raise InvalidOption(f"{place}: {error}") from error
