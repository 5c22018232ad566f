"""The cache key holds what decides a transcript: all of that code, and all of the recognition settings."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import MISSING, fields
from pathlib import Path

import asr_client
from asr_client import ClientSettings
from asr_client.cache.digest import recognition_code
from asr_client.conditioning import Conditioning
from asr_client.limits import AudioLimits
from asr_client.recognition_settings import RecognitionSettings

SOURCE = Path(asr_client.__file__).parents[1]
# Imported by recognition, but no text depends on it: the key holds the settings' values themselves.
NOT_DECIDING = {
    "asr_client/errors.py",
    "asr_client/limits.py",
    "asr_client/recognition_settings.py",
    "asr_client/settings.py",
    "asr_client/transport.py",
}


def imported(path: Path) -> set[Path]:
    """Files of the client that a file imports, inside functions too."""
    names = {
        node.module.replace(".", "/")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    return {file for name in names if (file := SOURCE / f"{name}.py").exists()}


def everything_imported_by(path: Path) -> set[Path]:
    found, new = {path}, {path}
    while new:
        new = {file for path in new for file in imported(path)} - found
        found |= new
    return found


def names(files: Iterable[Path]) -> set[str]:
    return {file.relative_to(SOURCE).as_posix() for file in files}


def test_the_digest_covers_exactly_the_code_of_recognition() -> None:
    needed = names(everything_imported_by(SOURCE / "asr_client/recognition.py")) - NOT_DECIDING
    hashed = names(file for file in recognition_code() if file.stat().st_size)
    assert {name for name in hashed if name.endswith(".py")} == needed
    assert {name for name in hashed if not name.endswith(".py")} == {"asr_client/audio/silero_vad_16k.npz"}


def test_recognition_settings_are_keywords_of_the_client_settings_with_the_same_defaults() -> None:
    own = {field.name: field for field in fields(ClientSettings)}
    for field in fields(RecognitionSettings):
        assert own[field.name].type == field.type
        assert own[field.name].default == field.default
        assert own[field.name].default_factory is field.default_factory
        assert MISSING in (field.default, field.default_factory)


def test_what_the_user_sets_arrives_in_the_recognition_settings() -> None:
    changes = {
        "model": "other",
        "max_segment_s": 20.0,
        "limits": AudioLimits(max_channels=2),
        "conditioning": Conditioning(remove_offset=True),
    }
    assert {field.name for field in fields(RecognitionSettings)} == changes.keys()
    assert ClientSettings(**changes).recognition == RecognitionSettings(**changes)  # type: ignore[arg-type]
