"""Random model that is measured: random weights in the published shape cost as much time as trained ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asr_engine.manifest import Manifest, load_manifest
from asr_export.assembly import ARTIFACTS, MODEL_NAME, TEMPLATE, copy_template
from asr_export.checkpoint.layout import Layout
from asr_export.checkpoint.synthetic import RELEASED_0_6B, RELEASED_1_7B, TINY, Shape, write_random_checkpoint
from asr_export.exporter import export_checkpoint
from asr_export.freshness import is_current
from asr_export.options import ExportOptions
from bench.load import SEED

SHAPES = {"tiny": TINY, "0.6b": RELEASED_0_6B, "1.7b": RELEASED_1_7B}
TOKENIZER_FROM = TEMPLATE.parent / "demo" / "checkpoint"
# Every row runs to its token limit: end-of-text is ignored, and so is the guard against repetition.
FORCED_LENGTH = {"ignore_end_of_text": True, "repetition_min_tokens": 1_000_000}
GOLDEN = "golden/"  # clips that the engine compares at each load; random weights need no comparison

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RandomModel:
    """Folder with one random checkpoint and its exports."""

    work: Path
    shape_name: str
    as_exported: bool = False  # existing exports are used even when the exporter has changed

    @property
    def shape(self) -> Shape:
        return SHAPES[self.shape_name]

    @property
    def checkpoint(self) -> Path:
        return self.work / "checkpoint"

    def exported(self, target: str) -> Path:
        """Path of a target's repository, as the exporter writes it."""
        return self.work / target

    def prepare(self, targets: set[str], report: Report) -> None:
        """Write the checkpoint and export the targets, except for what exists already."""
        self.work.mkdir(parents=True, exist_ok=True)
        if not self.checkpoint.exists():
            report(f"writing a random checkpoint of shape {self.shape_name}")
            self._write_checkpoint()
        for target in sorted(targets):
            options = ExportOptions(str(self.checkpoint), self.exported(target), target, check=False)
            there = (options.out / ARTIFACTS).is_dir()
            if not (there if self.as_exported else is_current(options)):
                report(f"exporting {target}")
                export_checkpoint(options)

    def serve_from(self, target: str, folder: Path, knobs: dict[str, Any]) -> Path:
        """Make a repository in `folder` of the current template, changed knobs and links to the artifacts."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        copy_template(TEMPLATE, folder)
        settings = folder / MODEL_NAME / "engine.json"
        shipped = json.loads(settings.read_text(encoding="utf-8"))
        settings.write_text(json.dumps({**shipped, **FORCED_LENGTH, **knobs}), encoding="utf-8")
        self._link_artifacts(target, folder / ARTIFACTS)
        return folder

    def manifest(self, target: str) -> Manifest:
        return load_manifest(self.exported(target) / ARTIFACTS)

    def _write_checkpoint(self) -> None:
        partial = self.checkpoint.with_name(".checkpoint.partial")
        shutil.rmtree(partial, ignore_errors=True)
        write_random_checkpoint(
            partial, self.shape, layout=Layout.OFFICIAL, tokenizer_from=TOKENIZER_FROM, seed=SEED
        )
        partial.rename(self.checkpoint)

    def _link_artifacts(self, target: str, artifacts: Path) -> None:
        artifacts.mkdir(parents=True)
        manifest = self.manifest(target)
        kept = {name: entry for name, entry in manifest.files.items() if not name.startswith(GOLDEN)}
        for name in kept:
            (artifacts / name).symlink_to((self.exported(target) / ARTIFACTS / name).resolve())
        replace(manifest, files=kept).save(artifacts)
