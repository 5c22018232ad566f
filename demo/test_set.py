"""Cut the sample calls into a test set for `asr evaluate`: every spoken line a recording of its own.

python demo/test_set.py [--out build/demo-test-set]

Every line is cut out of its own channel; calls without speech stay whole. Each gets names and terms for
`asr evaluate --hot-words`: those that are said, and others drawn from the same vocabulary. Prints the path of
the manifest.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import soundfile

from sample_calls import SampleCall, SpokenLine, load_calls
from training.sentences.languages import LANGUAGE_NAMES
from training.sentences.phrases import CONTEXT_SLOTS, MAX_CONTEXT_WORDS, load_phrases

OUT = Path(__file__).resolve().parent.parent / "build" / "demo-test-set"
MARGIN_S = 0.2  # of what surrounds a line; never more than half the pause to its neighbour


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    args = parser.parse_args(argv)
    print(write_test_set(load_calls(), args.out))
    return 0


def write_test_set(calls: Sequence[SampleCall], out: Path) -> Path:
    """Write the recordings and their manifest; return the path of the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    rows = [row for call in calls for row in _rows(call, out)]
    manifest = out / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return manifest


def _rows(call: SampleCall, out: Path) -> Iterator[dict[str, Any]]:
    vocabulary = _vocabulary(call.language)
    if not call.lines:
        yield {
            "audio": str(call.path),
            "condition": call.condition,
            "terms": _terms("", vocabulary, call.file),
        }
        return
    samples, rate = soundfile.read(call.path, dtype="float32", always_2d=True)
    for number, line in enumerate(call.lines):
        start_s, end_s = _cut(call, line)
        name = f"{call.path.stem}-{number:03}.wav"
        piece = samples[int(start_s * rate) : int(end_s * rate), line.channel]
        soundfile.write(out / name, piece, rate)
        yield {
            "audio": name,
            "text": line.text,
            "language": call.language,
            "condition": call.condition,
            "terms": _terms(line.text, vocabulary, name),
        }


def _vocabulary(language: str | None) -> list[str]:
    """Names and terms of the language, or of both languages for a call without speech."""
    codes = [code for code, name in LANGUAGE_NAMES.items() if language in (name, None)]
    return [term for code in codes for slot in CONTEXT_SLOTS for term in load_phrases(code).slots[slot]]


def _terms(text: str, vocabulary: Sequence[str], seed: str) -> list[str]:
    """Terms of the text and others, in random order that depends on the seed alone."""
    chance = random.Random(seed)
    said = [term for term in vocabulary if term in text][:MAX_CONTEXT_WORDS]
    others = [term for term in vocabulary if term not in text]
    terms = said + chance.sample(others, MAX_CONTEXT_WORDS - len(said))
    chance.shuffle(terms)
    return terms


def _cut(call: SampleCall, line: SpokenLine) -> tuple[float, float]:
    """Start and end in seconds at which the line is cut out of its channel."""
    others = [other for other in call.lines if other.channel == line.channel and other is not line]
    before = max((other.end_s for other in others if other.end_s <= line.start_s), default=0.0)
    after = min((other.start_s for other in others if other.start_s >= line.end_s), default=call.duration_s)
    return (
        line.start_s - min(MARGIN_S, (line.start_s - before) / 2),
        line.end_s + min(MARGIN_S, (after - line.end_s) / 2),
    )


if __name__ == "__main__":
    raise SystemExit(main())
