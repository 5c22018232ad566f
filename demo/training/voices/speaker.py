"""Speaker of an utterance: synthesiser, voice, pitch, pace and way of reading digits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

VOICES = Path(__file__).with_name("voices.yaml")
PITCHES = (20, 85)
WORDS_PER_MINUTE = {"zh": (140, 230), "en": (125, 205)}
FLITE_STRETCH = (0.85, 1.2)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker. `voice` is an espeak-ng voice file with an optional `+variant`, or a flite voice."""

    synthesiser: str  # espeak | flite
    voice: str
    pitch: int = 50
    words_per_minute: int = 170
    stretch: float = 1.0  # factor of the duration, flite's only setting
    yao: bool = False  # read the digit 1 as on the telephone
    oh: bool = False  # read the digit 0 as a letter
    pauses_in_digits: bool = False


@dataclass(frozen=True, slots=True)
class Voices:
    """Voices of training and of evaluation, which training does not hear; see voices.yaml."""

    accents: dict[str, tuple[str, ...]]
    training: tuple[str, ...]
    held_out: tuple[str, ...]
    held_out_klatt: tuple[str, ...]
    flite_training: tuple[str, ...]
    flite_held_out: tuple[str, ...]
    flite_share: float

    def for_training(self, language: str, random: Random) -> Speaker:
        """Draw a training voice; in English sometimes one of the second synthesiser."""
        if language == "en" and random.random() < self.flite_share:
            return self._flite(self.flite_training, random)
        return self._espeak(language, self.training, random)

    def for_evaluation(self, language: str, random: Random) -> Speaker:
        """Draw a voice that training does not hear."""
        return self._espeak(language, self.held_out, random)

    def second(self, language: str, random: Random) -> Speaker:
        """Draw a held-out voice of another synthesiser: flite, or espeak-ng's Klatt for Chinese."""
        if language == "en":
            return self._flite(self.flite_held_out, random)
        return self._espeak(language, self.held_out_klatt, random)

    def _espeak(self, language: str, variants: tuple[str, ...], random: Random) -> Speaker:
        variant = random.choice(variants)
        accent = random.choice(self.accents[language])
        return Speaker(
            synthesiser="espeak",
            voice=f"{accent}+{variant}" if variant else accent,
            pitch=random.randint(*PITCHES),
            words_per_minute=random.randint(*WORDS_PER_MINUTE[language]),
            **_reading(random),
        )

    def _flite(self, voices: tuple[str, ...], random: Random) -> Speaker:
        stretch = round(random.uniform(*FLITE_STRETCH), 2)
        return Speaker("flite", random.choice(voices), stretch=stretch, **_reading(random))


def load_voices(path: Path = VOICES) -> Voices:
    """Load the voices. Raises TypeError for an unknown key."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    accents = {language: tuple(files) for language, files in data.pop("accents").items()}
    share = data.pop("flite_share")
    return Voices(accents=accents, flite_share=share, **{name: tuple(files) for name, files in data.items()})


def _reading(random: Random) -> dict[str, bool]:
    return {
        "yao": random.random() < 0.5,
        "oh": random.random() < 0.35,
        "pauses_in_digits": random.random() < 0.4,
    }
