"""Fitted intent classifiers kept in the user's cache folder, so that only new examples cost time."""

from __future__ import annotations

import logging
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from call_analysis.intent_model import IntentModel

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME`, or `~/.cache`, with a folder of our own."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "qwen3-asr-triton" / "intents"


def load(key: str) -> IntentModel | None:
    """A classifier kept under this key; a file that cannot be read counts as none."""
    try:
        with (cache_folder() / f"{key}.npz").open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            return IntentModel(
                names=tuple(arrays["names"].tolist()),
                vocabulary={feature: row for row, feature in enumerate(arrays["vocabulary"].tolist())},
                weights=arrays["weights"],
                keyword_weights=arrays["keyword_weights"],
                bias=arrays["bias"],
                calibration=arrays["calibration"],
            )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("intent classifier in %s cannot be read (%s); fitting it again", cache_folder(), error)
        return None


def keep(key: str, model: IntentModel) -> None:
    """Keep a classifier; where that is not possible it is fitted again the next time."""
    folder = cache_folder()
    unfinished = folder / f".{key}.{os.getpid()}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            unfinished,
            names=np.array(model.names),
            vocabulary=np.array(sorted(model.vocabulary, key=lambda feature: model.vocabulary[feature])),
            weights=model.weights,
            keyword_weights=model.keyword_weights,
            bias=model.bias,
            calibration=model.calibration,
        )
        unfinished.replace(folder / f"{key}.npz")
    except OSError as error:
        _log.info("the intent classifier is not kept: %s", error)
        with suppress(OSError):
            unfinished.unlink()
