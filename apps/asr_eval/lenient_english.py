"""Lenient normalisation of English: one form for contractions, spellings, titles and numbers.

It is modelled on the normaliser that Whisper is scored with, but smaller, so error rates come close to those
published with that one and do not equal them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from asr_text.english_number import CARDINAL_WORDS, ORDINALS, ordinal_ending, read_cardinal, read_ordinal

_REMARKS = re.compile(r"\[[^\]]*\]|<[^>]*>|\([^)]*\)")
_FILLERS = re.compile(r"\b(?:u+h+|u+m+|uhm|h+m+|m+h+m+|mm+|er+m)\b")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SYMBOLS = (
    (re.compile(r"\$\s?(\d+(?:\.\d+)?)(\s(?:million|billion|thousand))?"), r"\1\2 dollars"),
    (re.compile(r"€\s?(\d+(?:\.\d+)?)(\s(?:million|billion|thousand))?"), r"\1\2 euros"),
    (re.compile(r"£\s?(\d+(?:\.\d+)?)(\s(?:million|billion|thousand))?"), r"\1\2 pounds"),
    (re.compile(r"%"), " percent"),
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"&"), " and "),
)
_CONTRACTIONS = (
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan(?:'t|not)\b"), "can not"),
    (re.compile(r"\bshan't\b"), "shall not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'m\b"), " am"),
    (re.compile(r"'d\b"), " would"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\b(it|he|she|that|there|what|who|where|here|how)'s\b"), r"\1 is"),
    (re.compile(r"\bgonna\b"), "going to"),
    (re.compile(r"\bwanna\b"), "want to"),
    (re.compile(r"\bokay\b"), "ok"),
)
_TITLES = (
    (re.compile(r"\bmr\b\.?"), "mister"),
    (re.compile(r"\bmrs\b\.?"), "missus"),
    (re.compile(r"\bdr\b\.?"), "doctor"),
)
# British to American, by stem. The lists leave out words that only look alike, such as four and hour.
_OUR = (
    "arm|ard|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|ranc|rig|rum|sav|"
    "savi|splend|succ|tum|val|vap|vig"
)
_SPELLING = (
    (re.compile(rf"\b((?:mis|dis|un)?(?:{_OUR}))our"), r"\1or"),
    (re.compile(r"\b(\w{3,}[^aeiou\W])is(e[sd]?|er|ers|ing|ation|ations)\b"), r"\1iz\2"),
    (re.compile(r"\b(\w+)yse(d|s|r)?\b"), r"\1yze\2"),
    (
        re.compile(r"\b(cent|theat|met|kilomet|centimet|lit|fib|calib|somb|spect|meag|lust)re(s|d)?\b"),
        r"\1er\2",
    ),
    (re.compile(r"\b(\w*[aeiou][^aeiou\W]+[aeiou])ll(ed|ing|er|ers|ous)\b"), r"\1l\2"),
    (re.compile(r"\b(defen|offen|licen|preten)c(e|es|ed)\b"), r"\1s\2"),
    (re.compile(r"\b(catal|dial|monol|anal)ogue(s?)\b"), r"\1og\2"),
    (re.compile(r"\bgrey(s|ish)?\b"), r"gray\1"),
    (re.compile(r"\bprogramme(s?)\b"), r"program\1"),
    (re.compile(r"\bpractise(s|d?)\b"), r"practice\1"),
    (re.compile(r"\bcheque(s?)\b"), r"check\1"),
    (re.compile(r"\bplough"), "plow"),
    (re.compile(r"\bsceptic"), "skeptic"),
    (re.compile(r"\bmould"), "mold"),
    (re.compile(r"\b(?:towards)\b"), "toward"),
)
_TOKEN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]|\d+|_")
_LARGE = ("hundred", "thousand", "million", "billion")
_NUMBER_WORDS = {*CARDINAL_WORDS, *ORDINALS, "and"}
_LONGEST_NUMBER = 12  # words


def lenient_english(text: str) -> str:
    """Remarks and fillers dropped, contractions and titles in full, American spelling, numbers in figures."""
    text = re.sub("[’‘ʼ`]", "'", text.lower())
    for pattern in (_REMARKS, _FILLERS):
        text = pattern.sub(" ", text)
    text = _THOUSANDS.sub("", text)
    for pattern, plain in (*_SYMBOLS, *_CONTRACTIONS, *_TITLES, *_SPELLING):
        text = pattern.sub(plain, text)
    return " ".join(_in_figures(_TOKEN.findall(text.replace("-", " "))))


def _in_figures(words: Sequence[str]) -> list[str]:
    """Replace each longest run of words that is one number by its figures; million and billion stay words."""
    written: list[str] = []
    place = 0
    while place < len(words):
        figures, used = _number_at(words[place : place + _LONGEST_NUMBER])
        is_point = words[place] == "point" and bool(written) and written[-1].isdigit()
        if not (is_point and _number_at(words[place + 1 : place + 2])[0]):
            written.append(figures or words[place])
        place += max(used, 1)
    return written


def _number_at(words: Sequence[str]) -> tuple[str, int]:
    """The longest number at the start of `words`, in figures, and how many words it takes; "" and 0 for
    none."""
    said = list(words)
    if len(said) > 1 and said[0] == "a" and said[1] in _LARGE:
        said[0] = "one"
    for end in range(len(said), 0, -1):
        part = said[:end]
        if part[-1] in ("million", "billion") or not _NUMBER_WORDS.issuperset(part):
            continue
        if (ordinal := read_ordinal(part)) is not None:
            return f"{ordinal}{ordinal_ending(ordinal)}", end
        if (value := read_cardinal(part)) is not None:
            return str(value), end
    return "", 0
