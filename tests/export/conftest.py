"""Small random checkpoints and their exports, made once for all tests of the exporter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from asr_engine.manifest import Manifest, load_manifest
from asr_export.assembly import ARTIFACTS
from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.layout import Layout
from asr_export.checkpoint.loaded import LoadedCheckpoint, load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.checkpoint.synthetic import TINY, write_random_checkpoint
from asr_export.exporter import export_checkpoint
from asr_export.options import ExportOptions

torch.set_num_threads(1)  # the models are tiny: more threads only wait for each other

DEMO_CHECKPOINT = Path(__file__).parents[2] / "demo" / "checkpoint"


@pytest.fixture(scope="session")
def demo_checkpoint() -> Path:
    """The bundled checkpoint, in the `-hf` layout."""
    return DEMO_CHECKPOINT


@pytest.fixture(scope="session")
def demo_subject(demo_checkpoint: Path) -> LoadedCheckpoint:
    """The bundled checkpoint, loaded."""
    return load_checkpoint(open_checkpoint(find_source(str(demo_checkpoint))))


@pytest.fixture(scope="session")
def hf_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights with 8-second windows in the `-hf` layout, in two shards."""
    directory = tmp_path_factory.mktemp("random") / "hf"
    return write_random_checkpoint(
        directory, TINY, layout=Layout.HF, tokenizer_from=DEMO_CHECKPOINT, num_shards=2
    )


@pytest.fixture(scope="session")
def official_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights in the official layout."""
    directory = tmp_path_factory.mktemp("random") / "official"
    return write_random_checkpoint(directory, TINY, layout=Layout.OFFICIAL, tokenizer_from=DEMO_CHECKPOINT)


@pytest.fixture
def own_checkpoint(official_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the official one that a test may damage."""
    return Path(shutil.copytree(official_checkpoint, tmp_path / "checkpoint"))


@pytest.fixture(scope="session")
def hf_repository(hf_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The random `-hf` checkpoint exported in fp32."""
    out = tmp_path_factory.mktemp("exported") / "hf"
    return export_checkpoint(ExportOptions(str(hf_checkpoint), out, "cpu-fp32"))


@pytest.fixture(scope="session")
def official_repository(official_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official one in fp32, its comparison with PyTorch left to the first load."""
    out = tmp_path_factory.mktemp("exported") / "official"
    return export_checkpoint(ExportOptions(str(official_checkpoint), out, "cpu-fp32", check=False))


@pytest.fixture(scope="session")
def hf_fp32(hf_repository: Path) -> Path:
    """Artifacts of the random `-hf` checkpoint."""
    return hf_repository / ARTIFACTS


@pytest.fixture(scope="session")
def hf_manifest(hf_fp32: Path) -> Manifest:
    """Their manifest."""
    return load_manifest(hf_fp32)
