"""What the page says, in each of its languages: `texts_en.yaml` and `texts_zh.yaml` beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from asr_web.settings import LANGUAGES


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of one language by their keys."""

    language: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence, its {placeholders} filled in."""
        return self.entries[key].format(**values) if values else self.entries[key]

    def name(self, kind: str, name: str) -> str:
        """What a rule, an intent or a language is called here; one that is not listed keeps its own name."""
        return self.entries.get(f"{kind}.{name}", name)


@cache
def texts(language: str) -> Texts:
    """The texts of a language of the page; the first of all languages for any other."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    file = resources.files("asr_web.page").joinpath(f"texts_{known}.yaml")
    return Texts(known, yaml.safe_load(file.read_text(encoding="utf-8")))
