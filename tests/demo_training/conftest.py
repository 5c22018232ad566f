"""The training code is run from demo/; its modules are found the same way here."""

from __future__ import annotations

import pytest

from training.sentences.grammar import Grammar
from training.sentences.held_out import HeldOut, load_held_out
from training.sentences.languages import LANGUAGES
from training.sentences.phrases import load_mix, load_phrases


@pytest.fixture(scope="session")
def grammars() -> dict[str, Grammar]:
    return {language: Grammar(load_phrases(language), load_mix()) for language in LANGUAGES}


@pytest.fixture(scope="session")
def held_out(grammars: dict[str, Grammar]) -> HeldOut:
    return load_held_out(grammar.phrases for grammar in grammars.values())
