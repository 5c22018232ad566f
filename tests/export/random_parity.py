"""Parity of an export whose weights are random: every shape and layout, without published weights."""

from __future__ import annotations

from pathlib import Path

from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.layout import Layout
from asr_export.checkpoint.loaded import load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.checkpoint.synthetic import Shape, write_random_checkpoint
from asr_export.checks.parity import ClipParity
from asr_export.checks.recordings import speech_of
from asr_export.checks.self_check import clip_of, compare_graphs
from asr_export.exporter import export_checkpoint
from asr_export.options import ExportOptions, Progress

# Below a chunk, within a window, exactly one, one frame more, several with a rest, and the longest.
DURATIONS_S = (0.3, 3.0, 8.0, 8.01, 20.3, 30.0)


def random_parity(
    work: Path,
    shape: Shape,
    layout: Layout,
    tokenizer_from: Path,
    *,
    target: str = "cpu-fp32",
    progress: Progress | None = None,
) -> list[ClipParity]:
    """Write a random checkpoint below `work`, export it and compare on clips of all `DURATIONS_S`.

    The full 0.6B shape needs about 12 GB of memory, as much disk, and some minutes.
    """
    checkpoint = work / "checkpoint"
    write_random_checkpoint(checkpoint, shape, layout=layout, tokenizer_from=tokenizer_from)
    options = ExportOptions(str(checkpoint), work / "repository", target, check=False)
    return compare_durations(checkpoint, export_checkpoint(options, progress))


def compare_durations(checkpoint: Path, repository: Path) -> list[ClipParity]:
    """Compare an exported repository with its checkpoint on speech of all `DURATIONS_S`."""
    subject = load_checkpoint(open_checkpoint(find_source(str(checkpoint))))
    rate = subject.audio.sample_rate
    clips = [clip_of(subject, f"{duration} s", speech_of(duration, rate)) for duration in DURATIONS_S]
    return compare_graphs(subject, clips, repository / ARTIFACTS)
