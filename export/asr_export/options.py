"""Options of an export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asr_engine.manifest import TARGETS
from asr_export.assembly import TEMPLATE

# Called with the name of each stage as it begins, and the share of the work done before it.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export, for which target, and to which folder.

    `revision` applies to hub ids only. Without `check` the comparison with PyTorch is left to the first load.
    `check_audio` are recordings for the comparison, mono at the model's sample rate; by default the bundled
    speech is used.
    """

    checkpoint: str
    out: Path
    target: str
    revision: str | None = None
    check: bool = True
    check_audio: tuple[Path, ...] = ()
    template: Path = TEMPLATE

    @property
    def on_gpus(self) -> bool:
        """Whether the target runs on GPUs, with one engine on each."""
        return self.target.startswith("cuda-")

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise ValueError(f"target is {self.target!r}; allowed: {', '.join(TARGETS)}")
