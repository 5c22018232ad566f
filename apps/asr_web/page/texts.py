"""Texts of the page in each of its languages, from `texts_en.yaml` and `texts_zh.yaml` beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from asr_web.settings import LANGUAGES


@dataclass(frozen=True, slots=True)
class Texts:
    """Sentences of one language by key."""

    language: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence with its {placeholders} filled in."""
        return self.entries[key].format(**values) if values else self.entries[key]

    def name(self, kind: str, name: str) -> str:
        """Display name of a rule, an intent or a language; a name that is not listed is returned as it is."""
        return self.entries.get(f"{kind}.{name}", name)


@cache
def texts(language: str) -> Texts:
    """Texts of a language of the page; those of the first language for any other."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    file = resources.files("asr_web.page").joinpath(f"texts_{known}.yaml")
    return Texts(known, yaml.safe_load(file.read_text(encoding="utf-8")))
