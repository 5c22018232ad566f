"""An export appears whole or not at all, and never in place of something else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from asr_export.assembly import ARTIFACTS, MODEL_NAME, TEMPLATE, assembling, copy_template
from asr_export.errors import ExportError, GraphBuildFailed, OutputOccupied, OutputUnwritable, TemplateMissing
from asr_export.exporter import export_checkpoint
from asr_export.options import ExportOptions

ROOT = Path(__file__).parents[2]


def _entries(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def _fill(directory: Path, content: str) -> None:
    (directory / ARTIFACTS).mkdir(parents=True)
    (directory / ARTIFACTS / "manifest.json").write_text(content)


def _fail_half_way(out: Path, error: BaseException) -> None:
    with assembling(out) as partial:
        _fill(partial, "half")
        raise error


def _content(out: Path) -> str:
    return (out / ARTIFACTS / "manifest.json").read_text()


def test_finished_folder_appears_under_its_name(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "models"
    with assembling(out) as partial:
        _fill(partial, "new")
        assert not out.exists()
    assert _content(out) == "new"
    assert _entries(out.parent) == {"models"}


def test_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(GraphBuildFailed):
        _fail_half_way(tmp_path / "models", GraphBuildFailed("on the way"))
    assert _entries(tmp_path) == set()


def test_earlier_export_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "models"
    _fill(out, "old")
    with pytest.raises(KeyboardInterrupt):
        _fail_half_way(out, KeyboardInterrupt())
    assert _content(out) == "old"
    with assembling(out) as partial:
        _fill(partial, "new")
    assert _content(out) == "new"
    assert _entries(tmp_path) == {"models"}


@pytest.mark.parametrize("foreign", ["notes.txt", "other_model/1/model.onnx", f"{MODEL_NAME}/config.pbtxt"])
def test_anything_but_an_export_is_not_replaced(tmp_path: Path, foreign: str) -> None:
    path = tmp_path / "models" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(OutputOccupied, match="not an exported repository"), assembling(tmp_path / "models"):
        pytest.fail("the folder must not be handed out")
    assert path.read_text() == "mine"


def test_file_in_the_way_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("mine")
    with pytest.raises(OutputOccupied), assembling(tmp_path / "models"):
        pytest.fail("the folder must not be handed out")


def test_a_place_that_cannot_be_written_is_named() -> None:
    unwritable = pytest.raises(OutputUnwritable, match=r"^/proc/models cannot be written: ")
    with unwritable, assembling(Path("/proc/models")):
        pytest.fail("the folder must not be handed out")


def test_what_a_killed_export_left_is_swept_and_a_running_one_is_not(tmp_path: Path) -> None:
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    (tmp_path / f".models.partial-{finished.pid}").mkdir()
    (tmp_path / f".models.partial-{os.getppid()}").mkdir()
    with assembling(tmp_path / "models") as partial:
        _fill(partial, "new")
    assert _entries(tmp_path) == {"models", f".models.partial-{os.getppid()}"}


def test_leftover_with_our_own_id_is_swept(tmp_path: Path) -> None:
    """In a container every export is process 1, so that a killed one blocked all that followed."""
    (tmp_path / f".models.partial-{os.getpid()}").mkdir()
    with assembling(tmp_path / "models") as partial:
        _fill(partial, "new")
    assert _entries(tmp_path) == {"models"}


def test_damaged_checkpoint_leaves_an_earlier_export_untouched(own_checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "models"
    _fill(out, "old")
    (own_checkpoint / "config.json").unlink()
    with pytest.raises(ExportError):
        export_checkpoint(ExportOptions(str(own_checkpoint), out, "cpu-fp32"))
    assert _content(out) == "old"
    assert _entries(out.parent) == {"models"}


@pytest.mark.parametrize(
    ("signum", "stage"), [(signal.SIGINT, "exporting the encoder"), (signal.SIGTERM, "exporting the decoder")]
)
def test_interrupted_export_leaves_nothing(
    signum: signal.Signals, stage: str, hf_checkpoint: Path, tmp_path: Path
) -> None:
    with _running_export(hf_checkpoint, tmp_path / "models") as export:
        assert export.stdout is not None
        assert any(stage in line for line in export.stdout)
        assert len(_entries(tmp_path)) == 1
        children = psutil.Process(export.pid).children(recursive=True)
        export.send_signal(signum)
        assert export.wait() == 128 + signum
    assert _entries(tmp_path) == set()
    assert not [child for child in children if child.is_running()]


def _running_export(checkpoint: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "asr_cli", "export", "--target", "cpu-fp32"]
    command += ["--checkpoint", str(checkpoint), "--out", str(out)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def test_template_is_copied_and_only_what_differs_is_rewritten(tmp_path: Path) -> None:
    template = Path(shutil.copytree(TEMPLATE, tmp_path / "template"))
    repository = tmp_path / "models"
    copy_template(template, repository)
    names = {"config.pbtxt", "engine.json", "1/model.py"}
    assert names <= {path.relative_to(repository / MODEL_NAME).as_posix() for path in repository.rglob("*")}
    before = {name: (repository / MODEL_NAME / name).stat().st_mtime_ns for name in names}
    (template / MODEL_NAME / "engine.json").write_text("{}")
    copy_template(template, repository)
    after = {name: (repository / MODEL_NAME / name).stat().st_mtime_ns for name in names}
    assert {name for name in names if before[name] != after[name]} == {"engine.json"}
    assert (repository / MODEL_NAME / "engine.json").read_text() == "{}"


def test_template_for_gpus_asks_for_an_engine_on_each_and_changes_nothing_else(tmp_path: Path) -> None:
    plain, gpus = (tmp_path / name / MODEL_NAME / "config.pbtxt" for name in ("plain", "gpus"))
    copy_template(TEMPLATE, tmp_path / "plain")
    copy_template(TEMPLATE, tmp_path / "gpus", on_gpus=True)
    config = text_format.Parse(gpus.read_text(), model_config_pb2.ModelConfig())
    (group,) = config.instance_group
    assert group.kind == model_config_pb2.ModelInstanceGroup.KIND_GPU
    assert (group.count, list(group.gpus)) == (1, [])  # no list: every GPU that Triton sees
    assert gpus.read_text().replace("kind: KIND_GPU", "kind: KIND_CPU") == plain.read_text()


def test_absent_template_is_noticed_before_the_work_begins(hf_checkpoint: Path, tmp_path: Path) -> None:
    options = ExportOptions(str(hf_checkpoint), tmp_path / "models", "cpu-fp32", template=tmp_path)
    with pytest.raises(TemplateMissing, match=r"no qwen3_asr/config\.pbtxt"):
        export_checkpoint(options)
    assert _entries(tmp_path) == set()


def test_exported_repository_holds_the_template(demo_repository: Path) -> None:
    for path in (TEMPLATE / MODEL_NAME).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copied = demo_repository / path.relative_to(TEMPLATE)
            assert copied.read_bytes() == path.read_bytes()
