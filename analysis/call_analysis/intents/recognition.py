"""Recognition of intents: those of each turn and of the whole call.

Where the rules have examples, a classifier judges each sentence by its n-grams and its phrases (see
`intent_model`). Otherwise phrases alone decide (see `phrase_evidence`). A phrase counts once however often it
is said, and not at all where it is negated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from call_analysis.findings import UNKNOWN, Intent, TurnReport
from call_analysis.hits import Hit
from call_analysis.intents.intent_model import IntentModel, KnownNgram, keyword_evidence
from call_analysis.intents.intent_rules import IntentRules
from call_analysis.intents.phrase_evidence import MAX_CONFIDENCE, Piece, sentences, whole_text
from call_analysis.turns import FoldedTurn

LIKE_EXAMPLES = "like the examples"  # the phrase of hits that rest on n-grams only
_CLAUSE_CONFIDENCE = 0.8  # higher than for a sentence, as a clause alone says less
_UNKNOWN = (Intent(UNKNOWN, 0.0, ()),)


@dataclass(slots=True)
class _Evidence:
    """The evidence of a turn for one intent."""

    confidence: float = 0.0
    rank: float = 0.0
    hits: dict[tuple[int, int], Hit] = field(default_factory=dict)  # by place, so that each counts once

    def add(self, confidence: float, hits: Sequence[Hit]) -> None:
        self.confidence = max(self.confidence, confidence)
        self.hits |= {(hit.start, hit.end): hit for hit in hits}

    def ordered_hits(self) -> tuple[Hit, ...]:
        return tuple(self.hits[place] for place in sorted(self.hits))


@dataclass(slots=True)
class _Judged:
    """A sentence or clause with the confidences of the classifier."""

    piece: Piece
    known: Sequence[KnownNgram]
    confidences: Mapping[str, float] = field(default_factory=dict)


def turn_intents(turns: Sequence[FoldedTurn], rules: IntentRules) -> list[tuple[Intent, ...]]:
    """The intents of each turn, the strongest first; none for roles that the rules leave out."""
    own_turns = [folded for folded in turns if folded.turn.role in rules.roles]
    if rules.model is None:
        found = [_by_phrases(folded, rules) for folded in own_turns]
    else:
        found = _by_examples(own_turns, rules, rules.model)
    intents = {
        folded.turn.index: _intents(known, rules) for folded, known in zip(own_turns, found, strict=True)
    }
    return [intents.get(folded.turn.index, ()) for folded in turns]


def _intents(found: Mapping[str, _Evidence], rules: IntentRules) -> tuple[Intent, ...]:
    names = _by_rank(
        {name: known.rank for name, known in found.items()},
        {name: min(known.hits) for name, known in found.items()},
        rules,
    )
    return (
        tuple(Intent(name, found[name].confidence, found[name].ordered_hits()) for name in names) or _UNKNOWN
    )


def _by_phrases(folded: FoldedTurn, rules: IntentRules) -> dict[str, _Evidence]:
    """The intents that reach the threshold.

    An intent whose phrases reach it only together is dropped where one phrase alone is enough for another.
    """
    piece = whole_text(folded.text, rules.lexicon)
    found = {name: _Evidence() for name, value in piece.evidence.items() if value >= rules.threshold}
    for name, known in found.items():
        known.add(piece.evidence[name], _phrase_hits(piece, name, folded))
        known.rank = known.confidence
    strongest: dict[str, float] = defaultdict(float)
    for finding in piece.findings:
        for name, weight in finding.meaning.weights.items():
            strongest[name] = max(strongest[name], weight)
    plain = {name: known for name, known in found.items() if strongest[name] >= rules.threshold}
    return plain if any(not rules.categories[name].background for name in plain) else found


def _by_examples(
    turns: Sequence[FoldedTurn], rules: IntentRules, model: IntentModel
) -> list[dict[str, _Evidence]]:
    """The intents of each turn. All sentences and clauses are classified in one call, which is fastest."""
    split = [_sentences(folded, rules, model) for folded in turns]
    pieces = [piece for groups in split for group in groups for piece in group]
    evidence = [judged.piece.evidence for judged in pieces]
    values = model.confidences([judged.known for judged in pieces], keyword_evidence(model.names, evidence))
    for judged, row, said in zip(pieces, values.tolist(), evidence, strict=True):
        judged.confidences = _with_phrases(dict(zip(model.names, row, strict=True)), said, rules)
    return [_said_in_turn(groups, folded, rules, model) for groups, folded in zip(split, turns, strict=True)]


def _sentences(folded: FoldedTurn, rules: IntentRules, model: IntentModel) -> list[list[_Judged]]:
    """The sentences of a turn, each followed by its clauses."""
    whole = whole_text(folded.text, rules.lexicon)
    known = model.known(whole.text)
    return [
        [
            _Judged(piece, [part for part in known if piece.start <= part.start and part.end <= piece.end])
            for piece in (sentence, *sentence.clauses(folded.text))
        ]
        for sentence in sentences(whole, folded.text)
    ]


def _said_in_turn(
    sentences: Sequence[Sequence[_Judged]], folded: FoldedTurn, rules: IntentRules, model: IntentModel
) -> dict[str, _Evidence]:
    """The evidence of all sentences. Earlier ones weigh more in the rank, as in `call_intents`."""
    found: dict[str, _Evidence] = defaultdict(_Evidence)
    place = 0
    for sentence in sentences:
        said = _said(sentence, folded, rules, model)
        place += any(not rules.categories[name].background for name in said)
        for name, evidence in said.items():
            found[name].add(evidence.confidence, tuple(evidence.hits.values()))
            found[name].rank += evidence.confidence / max(place, 1)
    return found


def _with_phrases(
    confidences: dict[str, float], evidence: Mapping[str, float], rules: IntentRules
) -> dict[str, float]:
    """Confidences that phrase evidence sets or raises.

    It sets those of intents without examples, and raises those of background intents: these occur beside
    other intents ("hello, I want a refund"), which no example shows.
    """
    for name, value in evidence.items():
        if name not in confidences or rules.categories[name].background:
            confidences[name] = max(value, confidences.get(name, 0.0))
    return confidences


def _said(
    sentence: Sequence[_Judged], folded: FoldedTurn, rules: IntentRules, model: IntentModel
) -> dict[str, _Evidence]:
    said: dict[str, _Evidence] = defaultdict(_Evidence)
    for index, judged in enumerate(sentence):
        threshold = max(rules.threshold, _CLAUSE_CONFIDENCE) if index > 0 else rules.threshold
        for name, confidence in judged.confidences.items():
            if confidence < threshold:
                continue
            if hits := _phrase_hits(judged.piece, name, folded) or _strongest_part(
                judged.known, name, folded, model
            ):
                said[name].add(min(round(confidence, 4), MAX_CONFIDENCE), hits)
    return said


def _phrase_hits(piece: Piece, intent: str, folded: FoldedTurn) -> list[Hit]:
    return [
        Hit(folded.turn, finding.start, finding.end, finding.meaning.text)
        for finding in piece.findings
        if intent in finding.meaning.weights
    ]


def _strongest_part(
    known: Sequence[KnownNgram], intent: str, folded: FoldedTurn, model: IntentModel
) -> list[Hit]:
    part = model.strongest_part(known, intent)
    return [] if part is None else [Hit(folded.turn, *folded.text.original_span(*part), LIKE_EXAMPLES)]


def call_intents(turns: Sequence[TurnReport], rules: IntentRules) -> tuple[Intent, ...]:
    """The intents of a call, the main one first.

    An intent has the confidence of the turn where it is clearest. The order is by confidence summed over the
    turns: the first turn with any intent counts whole, the second half, the third a third, and so on, because
    people say early why they call, and come back to what matters. Turns with background intents alone do not
    count here.
    """
    rank: dict[str, float] = defaultdict(float)
    best: dict[str, float] = defaultdict(float)
    hits: dict[str, list[Hit]] = defaultdict(list)
    first: dict[str, tuple[int, int]] = {}  # by turn, then by order within it
    place = 0
    for report in turns:
        known = [intent for intent in report.intents if intent.name != UNKNOWN]
        place += any(not rules.categories[intent.name].background for intent in known)
        for order, intent in enumerate(known):
            first.setdefault(intent.name, (report.turn.index, order))
            rank[intent.name] += intent.confidence / max(place, 1)
            best[intent.name] = max(best[intent.name], intent.confidence)
            hits[intent.name].extend(intent.hits)
    names = _by_rank(rank, first, rules)
    return tuple(Intent(name, best[name], tuple(hits[name])) for name in names) or _UNKNOWN


def _by_rank(
    rank: Mapping[str, float], first: Mapping[str, tuple[int, int]], rules: IntentRules
) -> list[str]:
    """Names by rank, the highest first; of about equal ones the first said. Background intents come last."""
    names = [name for name in rules.categories if name in rank]
    return sorted(
        names, key=lambda name: (rules.categories[name].background, -round(rank[name], 1), first[name])
    )
