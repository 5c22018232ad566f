"""Caches lie where earlier versions put them, so that what is there is found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from asr_types.cache_folder import intent_cache_folder, transcript_cache_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other platforms have folders of their own")


def test_a_cache_folder_that_the_user_names_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert transcript_cache_folder() == tmp_path / "asr"
    assert intent_cache_folder() == tmp_path / "qwen3-asr-triton" / "intents"


@pytest.mark.parametrize("unset", [None, ""])
def test_without_one_it_is_in_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unset: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if unset is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
    assert transcript_cache_folder() == tmp_path / ".cache" / "asr"
    assert intent_cache_folder() == tmp_path / ".cache" / "qwen3-asr-triton" / "intents"
