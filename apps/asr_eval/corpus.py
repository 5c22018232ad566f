"""Test sets: manifests, and public corpora in the folder layout that they are published in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from asr_eval.errors import BadTestSet
from asr_eval.manifest import read_manifest
from asr_eval.utterance import Utterance


def read_test_set(path: Path) -> list[Utterance]:
    """All utterances of a manifest (a file) or of a folder laid out as LibriSpeech or AISHELL.

    The condition of an utterance from a corpus is the name of the corpus or of its part: `test-clean`,
    `test-other`, `aishell-1`, `aishell-2`. Raises BadTestSet.
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
    """Each `<part>/<speaker>/<chapter>/<speaker>-<chapter>.trans.txt` lies beside the FLAC files it names."""
    for listing in sorted(folder.rglob("*.trans.txt")):
        for key, text in _lines(listing):
            audio = listing.parent / f"{key}.flac"
            yield Utterance(_existing(audio, listing), text, "English", listing.parents[2].name)


def _aishell(folder: Path) -> Iterator[Utterance]:
    """AISHELL-1 has one file with the texts of all parts, so only recordings in wav/test are taken.
    AISHELL-2 has `trans.txt` and `wav.scp` for each part."""
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
