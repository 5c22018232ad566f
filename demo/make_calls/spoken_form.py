"""Written text to what espeak-ng is given to read.

Chinese goes in as pinyin with tone sandhi, because espeak-ng's own Mandarin voice cannot read Han characters
well enough; digits are read one by one in both languages.
"""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin

PINYIN_DIGITS = {
    "0": "ling2",
    "1": "yi1",
    "2": "er4",
    "3": "san1",
    "4": "si4",
    "5": "wu3",
    "6": "liu4",
    "7": "qi1",
    "8": "ba1",
    "9": "jiu3",
}
ENGLISH_DIGITS = {
    "0": "zero",
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
}
PUNCTUATION = str.maketrans("，。？！", ",.?!")
# Interjections that pypinyin writes without a vowel, which espeak-ng would spell.
VOWELLESS = {"n2", "ng2", "n4"}


def spoken_chinese(text: str, one: str = "yi1") -> str:
    """`one` is how the digit 1 is read: `yi1`, or `yao1` as on the telephone."""
    digits = PINYIN_DIGITS | {"1": one}
    spoken = ""
    for run in re.findall(r"\d+|[\u4e00-\u9fff]+|.", text):
        if run.isdigit():
            syllables = [digits[digit] for digit in run]
        elif "\u4e00" <= run[0] <= "\u9fff":
            syllables = _pinyin(run)
        else:
            spoken += run.translate(PUNCTUATION)
            continue
        spoken += (" " if spoken else "") + " ".join(syllables)
    return spoken


def spoken_english(text: str, zero: str = "zero") -> str:
    """`zero` is how the digit 0 is read: `zero` or `oh`."""
    digits = ENGLISH_DIGITS | {"0": zero}
    return re.sub(r"\d+", lambda run: " ".join(digits[digit] for digit in run.group()), text)


def _pinyin(han: str) -> list[str]:
    syllables = lazy_pinyin(han, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    return ["en4" if syllable in VOWELLESS else syllable for syllable in syllables]
