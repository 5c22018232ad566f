"""The cache of fitted intent classifiers, in the user's cache folder: fitting one takes seconds."""

from __future__ import annotations

import logging
import zipfile

import numpy as np

from asr_types.cache_folder import intent_cache_folder
from asr_types.whole_file import open_whole
from call_analysis.intents.intent_model import IntentModel

_log = logging.getLogger(__name__)


def load(key: str) -> IntentModel | None:
    """The classifier with this key; None where there is none or its file cannot be read."""
    try:
        with (intent_cache_folder() / f"{key}.npz").open("rb") as file:
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
        _log.warning(
            "intent classifier in %s cannot be read (%s); fitting it again", intent_cache_folder(), error
        )
        return None


def keep(key: str, model: IntentModel) -> None:
    """Write a classifier. Where that fails, it is fitted again the next time."""
    try:
        with open_whole(intent_cache_folder() / f"{key}.npz") as file:
            np.savez(
                file,
                names=np.array(model.names),
                vocabulary=np.array(sorted(model.vocabulary, key=lambda feature: model.vocabulary[feature])),
                weights=model.weights,
                keyword_weights=model.keyword_weights,
                bias=model.bias,
                calibration=model.calibration,
            )
    except OSError as error:
        _log.info("the intent classifier is not kept: %s", error)
