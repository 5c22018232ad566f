"""Hot words: how many that were said are in the transcripts, and how many that were not said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asr_eval.evaluation import Outcome, Scored
from asr_eval.normalization import Normalization, is_scored_by_character, score_units


@dataclass(frozen=True, slots=True)
class HotWords:
    """Counts over all utterances of one language under one degradation, for all their terms.

    `said` counts how often terms were said, and `found` how many of these are in the transcripts. `unsaid`
    counts pairs of an utterance and a term that is not said in it. `invented` counts occurrences of a term
    beyond those said. `taken_out` counts segments whose answer with terms the client rejected.
    """

    language: str
    degradation: str
    utterances: int
    said: int
    found: int
    unsaid: int
    invented: int
    taken_out: int


def hot_word_groups(outcomes: Iterable[Outcome], normalization: Normalization) -> tuple[HotWords, ...]:
    """One group for each language and degradation, in the order of the outcomes. Utterances without terms are
    left out."""
    groups: dict[tuple[str, str], list[Scored]] = {}
    for outcome in outcomes:
        if isinstance(outcome, Scored) and outcome.utterance.terms:
            groups.setdefault((outcome.utterance.group, outcome.degradation), []).append(outcome)
    return tuple(_group(*key, members, normalization) for key, members in groups.items())


def _group(language: str, degradation: str, members: list[Scored], normalization: Normalization) -> HotWords:
    said = found = unsaid = invented = 0
    for member in members:
        spoken_in = member.utterance.language or member.heard_language or ""
        for term in member.utterance.terms:
            expected = occurrences(term, member.utterance.text, spoken_in, normalization)
            heard = occurrences(term, member.hypothesis, spoken_in, normalization)
            said += expected
            found += min(expected, heard)
            unsaid += not expected
            invented += max(0, heard - expected)
    return HotWords(
        language,
        degradation,
        utterances=len(members),
        said=said,
        found=found,
        unsaid=unsaid,
        invented=invented,
        taken_out=sum(member.context_leaks for member in members),
    )


def occurrences(term: str, text: str, language: str, normalization: Normalization) -> int:
    """How often the term occurs in the text, both normalised.

    Terms match whole words. In languages written without spaces, and for terms that are not ASCII, they match
    anywhere.
    """
    wanted = score_units(term, language, normalization)
    units = score_units(text, language, normalization)
    if is_scored_by_character(language) or not term.isascii():
        return "".join(units).count("".join(wanted)) if wanted else 0
    length = len(wanted)
    return sum(units[at : at + length] == wanted for at in range(len(units) - length + 1)) if wanted else 0
