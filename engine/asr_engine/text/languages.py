"""Languages of the model, by code and by name."""

from __future__ import annotations

from collections.abc import Mapping

from asr_engine.errors import UnknownLanguage


class Languages:
    """Looks up a language by code (`zh`) or English name (`Chinese`), in any case."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._allowed = ", ".join(f"{code} ({name})" for code, name in sorted(names.items()))
        self._names = {key.casefold(): name for code, name in names.items() for key in (code, name)}

    def resolve(self, language: str) -> str:
        """The model's name for it; raises UnknownLanguage listing what is allowed."""
        name = self.find(language)
        if name is None:
            raise UnknownLanguage(f"language is {language!r}; allowed: {self._allowed}")
        return name

    def find(self, language: str) -> str | None:
        """Like `resolve`, with None for an unknown language."""
        return self._names.get(language.casefold())
