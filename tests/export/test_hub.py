"""Hub ids go through the hub's own client; offline, its cache answers or a clear error does."""

from __future__ import annotations

import shutil
from pathlib import Path

import huggingface_hub.constants
import pytest

from asr_export.checkpoint.source import find_source
from asr_export.errors import CheckpointNotFound

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def hub_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and no way to the network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def test_cached_hub_id_gives_its_snapshot_and_commit(hub_cache: Path, hf_checkpoint: Path) -> None:
    repository = hub_cache / "models--someone--some-asr"
    shutil.copytree(hf_checkpoint, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    source = find_source("someone/some-asr")
    assert (source.name, source.revision) == ("someone/some-asr", COMMIT)
    assert (source.directory / "config.json").is_file()
    assert find_source("someone/some-asr", "main") == find_source("someone/some-asr", COMMIT)


def test_unknown_hub_id_without_network_is_a_clear_error() -> None:
    with pytest.raises(
        CheckpointNotFound, match=r"someone/absent: no such directory, and the hub says"
    ) as refusal:
        find_source("someone/absent")
    assert "\n" not in str(refusal.value)


def test_mistyped_path_is_not_taken_for_a_hub_id() -> None:
    with pytest.raises(CheckpointNotFound, match="no such directory, and not a hub id"):
        find_source("/no/such/place")


def test_revision_of_a_local_directory_is_refused(hf_checkpoint: Path) -> None:
    with pytest.raises(CheckpointNotFound, match="hub ids only"):
        find_source(str(hf_checkpoint), "main")


def test_revision_of_a_local_directory_follows_its_content(hf_checkpoint: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(hf_checkpoint, tmp_path / "elsewhere"))
    assert find_source(str(copy)).revision == find_source(str(hf_checkpoint)).revision
    (copy / "generation_config.json").write_text("{}")
    assert find_source(str(copy)).revision != find_source(str(hf_checkpoint)).revision
