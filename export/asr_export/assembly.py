"""Puts artifacts and the checked-in template together into a Triton model repository, all or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asr_export.errors import OutputOccupied, OutputUnwritable, TemplateMissing

MODEL_NAME = "qwen3_asr"
TEMPLATE = Path(__file__).resolve().parents[2] / "model_repository"
CONFIG_NAME = "config.pbtxt"
_CPU_INSTANCE = b"kind: KIND_CPU"
ARTIFACTS = Path(MODEL_NAME) / "1" / "artifacts"


@contextmanager
def assembling(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside `out`; on success it becomes `out`, on any failure it is gone.

    What an earlier export left at `out` stays in place until the new one is complete. Raises OutputOccupied
    when something else is there, OutputUnwritable when the folder cannot be made.
    """
    out = out.absolute()
    check_replaceable(out)
    partial = _beside(out, "partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        partial.mkdir()
    except OSError as error:
        raise OutputUnwritable(f"{out} cannot be written: {error.strerror}") from error
    try:
        yield partial
        _swap(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Refuse to replace anything but an exported repository or an empty folder."""
    if not out.exists() and not out.is_symlink():
        return
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() and not out.is_symlink() else {"a file"}
    if entries and not (entries == {MODEL_NAME} and (out / ARTIFACTS).is_dir()):
        raise OutputOccupied(
            f"{out} exists and is not an exported repository; remove it or choose another path"
        )


def copy_template(template: Path, repository: Path, *, on_gpus: bool = False) -> None:
    """Write config.pbtxt, engine.json and model.py, where they differ from what is there.

    `on_gpus` asks Triton for an engine on each GPU it sees instead of one on the CPU.
    """
    check_template(template)
    source = template / MODEL_NAME
    for path in sorted(source.rglob("*")):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        target = repository / MODEL_NAME / path.relative_to(source)
        content = path.read_bytes()
        if on_gpus and path.name == CONFIG_NAME:
            content = _with_gpu_instances(path, content)
        if target.is_file() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f".{target.name}.{os.getpid()}")
        scratch.write_bytes(content)
        scratch.replace(target)


def check_template(template: Path) -> None:
    """Raise TemplateMissing unless the folder holds the model's template."""
    if not (template / MODEL_NAME / CONFIG_NAME).is_file():
        raise TemplateMissing(f"{template}: no {MODEL_NAME}/{CONFIG_NAME}; name the template with --template")


def _with_gpu_instances(path: Path, content: bytes) -> bytes:
    if content.count(_CPU_INSTANCE) != 1:
        raise TemplateMissing(f"{path}: {_CPU_INSTANCE.decode()!r} is not there to be replaced for a GPU")
    return content.replace(_CPU_INSTANCE, b"kind: KIND_GPU")


def _swap(partial: Path, out: Path) -> None:
    """A folder cannot replace a filled one in a single step, so the old one steps aside first."""
    if not out.exists():
        partial.replace(out)
        return
    old = _beside(out, "old")
    out.replace(old)
    try:
        partial.replace(out)
    except BaseException:
        old.replace(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _beside(out: Path, role: str) -> Path:
    return out.with_name(f".{out.name}.{role}-{os.getpid()}")


def _sweep(out: Path) -> None:
    """Remove what a killed export left behind, told by the process id in the name.

    Our own id counts as gone: in a container every export has the same one.
    """
    for role in ("partial", "old"):
        for leftover in out.parent.glob(f".{out.name}.{role}-*"):
            pid = leftover.name.rpartition("-")[2]
            if pid.isdigit() and (int(pid) == os.getpid() or not Path("/proc", pid).exists()):
                shutil.rmtree(leftover, ignore_errors=True)
