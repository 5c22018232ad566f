"""Assembly of a Triton model repository out of artifacts and the checked-in template, all or nothing."""

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
    """Yield an empty folder beside `out`; it takes the place of `out` on success and is removed on failure.

    An earlier export at `out` stays in place until the new one is complete. Raises OutputOccupied when `out`
    holds anything else, OutputUnwritable when the folder cannot be made.
    """
    out = out.absolute()
    check_replaceable(out)
    partial = _beside(out, "partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(out)
        partial.mkdir()
    except OSError as error:
        raise OutputUnwritable(f"{out} cannot be written: {error.strerror}") from error
    try:
        yield partial
        _swap(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_replaceable(out: Path) -> None:
    """Raise OutputOccupied unless `out` is missing, an empty folder or an exported repository."""
    if not out.exists() and not out.is_symlink():
        return
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() and not out.is_symlink() else {"a file"}
    if entries and not (entries == {MODEL_NAME} and (out / ARTIFACTS).is_dir()):
        raise OutputOccupied(
            f"{out} exists and is not an exported repository; remove it or choose another path"
        )


def copy_template(template: Path, repository: Path, *, on_gpus: bool = False) -> None:
    """Write those of config.pbtxt, engine.json and model.py that differ from the files in `repository`.

    With `on_gpus` the configuration asks Triton for an engine on each GPU instead of one on the CPU.
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
    """Rename `partial` to `out`.

    A rename cannot replace a filled folder, so an old `out` is renamed first.
    """
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


def _remove_stale(out: Path) -> None:
    """Remove the folders of exports that were killed: those whose name holds the id of no living process.

    Our own id counts as dead, because in a container every export has the same one.
    """
    for role in ("partial", "old"):
        for stale in out.parent.glob(f".{out.name}.{role}-*"):
            pid = stale.name.rpartition("-")[2]
            if pid.isdigit() and (int(pid) == os.getpid() or not Path("/proc", pid).exists()):
                shutil.rmtree(stale, ignore_errors=True)
