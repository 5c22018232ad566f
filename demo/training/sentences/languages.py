"""Languages of the demo model, by code and by the model's name."""

from __future__ import annotations

LANGUAGE_NAMES = {"zh": "Chinese", "en": "English"}
LANGUAGES = tuple(LANGUAGE_NAMES)
