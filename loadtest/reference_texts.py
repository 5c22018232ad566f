"""Reference texts of the clips: the text of each when it is alone on the server."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from asr_call import AsrConnection
from load_clips import Clip

REFERENCE_PRIORITY = 2


def reference_texts(
    clips: Sequence[Clip], connection: AsrConnection, saved: Path | None = None
) -> dict[str, str]:
    """Text by clip name. Texts in the file `saved` are taken from there.

    The other clips are sent one at a time, and their texts are added to the file.
    """
    known = _read(saved) if saved else {}
    texts = {clip.name: known[clip.name] for clip in clips if clip.name in known}
    missing = [clip for clip in clips if clip.name not in known]
    for clip in missing:
        texts[clip.name] = connection.transcribe(clip, REFERENCE_PRIORITY, f"reference {clip.name}")
    if saved and missing:
        saved.write_text(json.dumps(known | texts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return texts


def _read(saved: Path) -> dict[str, str]:
    if not saved.exists():
        return {}
    data = json.loads(saved.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise ValueError(f"{saved}: expected a JSON object of clip name to text")
    return data
