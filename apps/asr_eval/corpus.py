"""Public test sets in the folders they come in, beside manifests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from asr_eval.errors import BadTestSet
from asr_eval.manifest import read_manifest
from asr_eval.utterance import Utterance


def read_test_set(path: Path) -> list[Utterance]:
    """A manifest (a file), or a folder in the layout of LibriSpeech or AISHELL. Raises BadTestSet.

    The condition of a corpus is its name: `test-clean`, `test-other`, `aishell-1`, …
    """
    if path.is_file():
        return read_manifest(path)
    if not path.is_dir():
        raise BadTestSet(f"{path} does not exist")
    utterances = list(_librispeech(path)) or list(_aishell(path))
    if not utterances:
        raise BadTestSet(
            f"{path} holds no *.trans.txt (LibriSpeech), aishell_transcript*.txt or trans.txt (AISHELL)"
        )
    return utterances


def _librispeech(folder: Path) -> Iterator[Utterance]:
    """`<part>/<speaker>/<chapter>/<speaker>-<chapter>.trans.txt` beside the FLAC files it names."""
    for listing in sorted(folder.rglob("*.trans.txt")):
        for key, text in _lines(listing):
            audio = listing.parent / f"{key}.flac"
            yield Utterance(_existing(audio, listing), text, "English", listing.parents[2].name)


def _aishell(folder: Path) -> Iterator[Utterance]:
    """AISHELL-1 keeps texts of all parts in one file, so only what lies in wav/test counts; AISHELL-2 has
    `trans.txt` and `wav.scp` for each part."""
    for listing in sorted(folder.rglob("aishell_transcript*.txt")):
        texts = dict(_lines(listing))
        for audio in sorted((listing.parents[1] / "wav" / "test").rglob("*.wav")):
            if audio.stem in texts:
                yield Utterance(audio, texts[audio.stem].replace(" ", ""), "Chinese", "aishell-1")
    for listing in sorted(folder.rglob("trans.txt")):
        paths = dict(_lines(listing.with_name("wav.scp")))
        for key, text in _lines(listing):
            audio = listing.parent / paths.get(key, f"{key} is not in wav.scp")
            yield Utterance(_existing(audio, listing), text.replace(" ", ""), "Chinese", "aishell-2")


def _lines(listing: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadTestSet(f"{listing} cannot be read: {error}") from error
    for line in lines:
        key, *text = line.split(maxsplit=1)
        yield key, text[0].strip() if text else ""


def _existing(audio: Path, listing: Path) -> Path:
    if not audio.is_file():
        raise BadTestSet(f"{listing} names {audio}, which does not exist")
    return audio
