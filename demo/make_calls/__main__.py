"""Writes demo/calls/*.ogg|flac and references.json from script.yaml.

    cd demo && python -m make_calls [--out calls]

Needs libespeak-ng 1.51 and the packages of make_calls/requirements.txt. The samples are the same each time;
the bytes of Ogg files are not, since a stream's serial number is random.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import soundfile

from make_calls.recording import Recording, record
from make_calls.script import Call, load_script

CALLS = Path(__file__).resolve().parent.parent / "calls"
OPUS_COMPRESSION = 0.96  # about 16 kbit/s in one channel
VORBIS_COMPRESSION = 0.6


def main() -> None:
    """Make all calls."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=CALLS, help="folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    references = []
    for call in load_script():
        recording = record(call)
        _write(out / call.file, call, recording)
        references.append(_reference(call, recording))
        print(
            f"{call.file:28} {recording.duration_s:6.1f} s {(out / call.file).stat().st_size / 1000:6.0f} kB"
        )
    text = json.dumps({"calls": references}, ensure_ascii=False, indent=1)
    (out / "references.json").write_text(text + "\n", encoding="utf-8")


def _write(path: Path, call: Call, recording: Recording) -> None:
    if path.suffix == ".flac":
        soundfile.write(path, recording.samples, recording.sample_rate, subtype="PCM_16")
        return
    soundfile.write(
        path,
        recording.samples,
        recording.sample_rate,
        format="OGG",
        subtype="OPUS" if call.opus else "VORBIS",
        compression_level=OPUS_COMPRESSION if call.opus else VORBIS_COMPRESSION,
    )


def _reference(call: Call, recording: Recording) -> dict[str, Any]:
    reference = {
        "file": call.file,
        "language": call.language,
        "condition": call.condition,
        "notes": call.notes,
        "duration_s": round(recording.duration_s, 2),
        "sample_rate": recording.sample_rate,
        "roles": list(call.roles),
        "segments": recording.segments,
    }
    return {**reference, "events": recording.events} if recording.events else reference


if __name__ == "__main__":
    main()
