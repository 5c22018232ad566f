"""Spoken form of a text: what a synthesiser is given to read, with the position of each word in the text.

Chinese is given as pinyin with tone sandhi, because espeak-ng's Mandarin voice does not read Han characters
well enough. Digits are read one by one in both languages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from training.sentences.spelling import ENGLISH_ONES
from training.voices.speaker import Speaker

_DIGITS = "ling2 yi1 er4 san1 si4 wu3 liu4 qi1 ba1 jiu3"
PINYIN_DIGITS = dict(zip("0123456789", _DIGITS.split(), strict=True))
MARKS = str.maketrans("，。？！", ",.?!")
# Interjections that pypinyin writes without a vowel; espeak-ng would spell their letters.
VOWELLESS = {"n2", "ng2", "n4"}
CHINESE_PIECE = re.compile(r"\d+|[\u4e00-\u9fff]+|.")
ENGLISH_PIECE = re.compile(r"\d+|[A-Za-z']+|[^A-Za-z'\d]+")
DIGIT_GROUP = 4


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """Syllable of Chinese or word of English: its start in the spoken form, and its span in the text."""

    spoken_start: int
    text_start: int
    text_end: int


@dataclass(frozen=True, slots=True)
class SpokenForm:
    """Text for the synthesiser, with its `words` in spoken order."""

    text: str
    words: tuple[SpokenWord, ...]


def spoken_form(text: str, language: str, speaker: Speaker) -> SpokenForm:
    """Spoken form of a text for a speaker."""
    spoken, words, position = "", [], 0
    for piece in (CHINESE_PIECE if language == "zh" else ENGLISH_PIECE).findall(text):
        for index, reading in enumerate(_readings(piece, language, speaker)):
            spoken += " " if spoken and spoken[-1] != " " else ""
            if piece.isdigit() and index and speaker.pauses_in_digits and index % DIGIT_GROUP == 0:
                spoken = spoken.rstrip() + ", "
            start = position + index if language == "zh" or piece.isdigit() else position
            end = start + 1 if language == "zh" or piece.isdigit() else position + len(piece)
            words.append(SpokenWord(len(spoken), start, end))
            spoken += reading
        if not _is_spoken(piece):
            spoken += piece.translate(MARKS)
        position += len(piece)
    return SpokenForm(spoken, tuple(words))


def _readings(piece: str, language: str, speaker: Speaker) -> list[str]:
    if not _is_spoken(piece):
        return []
    if piece.isdigit():
        return [_digit(digit, language, speaker) for digit in piece]
    return _pinyin(piece) if language == "zh" else [piece]


def _is_spoken(piece: str) -> bool:
    return piece[0].isalnum() or piece[0] == "'"


def _digit(digit: str, language: str, speaker: Speaker) -> str:
    if language == "zh":
        return "yao1" if digit == "1" and speaker.yao else PINYIN_DIGITS[digit]
    return "oh" if digit == "0" and speaker.oh else ENGLISH_ONES[int(digit)]


def _pinyin(han: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin  # here: only synthesis needs it installed

    syllables = lazy_pinyin(han, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    if len(syllables) != len(han):
        raise ValueError(f"{han!r} has {len(han)} characters but {len(syllables)} syllables")
    return ["en4" if syllable in VOWELLESS else syllable for syllable in syllables]
