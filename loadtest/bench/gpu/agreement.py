"""Agreement of the GPU's answers with fp32: one verdict for each question, before anything is timed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from asr_engine.engine import AsrEngine
from asr_engine.request import AsrRequest
from bench.gpu.cases import Case, Forced, Speaker

MIN_AGREEMENT = 0.995  # of forced positions, with the reference in fp32
NEAR_TIE = 0.1  # another token whose log-probability is this close to that of fp32's choice
MAX_LOGPROB_DIFF = 0.05  # median over positions; single ones may be further off near a tie


@dataclass(frozen=True, slots=True)
class Verdict:
    """Answer to one question: a line of the report."""

    question: str
    holds: bool
    figure: str

    def __str__(self) -> str:
        return f"{'PASS' if self.holds else 'FAIL'}  {self.question}: {self.figure}"


def demo_verdicts(engine: AsrEngine, cases: Sequence[Case], callers: int) -> Iterator[Verdict]:
    """Verdicts on transcripts of the trained model, made by the whole engine."""
    alone = [_text(engine, case) for case in cases]
    expected = [case.text for case in cases]
    yield _texts("demo transcripts alone equal fp32's", alone, expected)
    with ThreadPoolExecutor(callers) as pool:
        together = list(pool.map(lambda case: _text(engine, case), cases))
    yield _texts(f"demo transcripts with {callers} callers equal those alone", together, alone)


def forced_verdicts(speaker: Speaker, cases: Sequence[Case], label: str) -> Iterator[Verdict]:
    """Verdicts under teacher forcing: the reference's tokens are fed, so a near tie counts only once."""
    alone = [speaker.forced([case])[0] for case in cases]
    yield _finite(f"{label}: log-probabilities are numbers", alone)
    yield _agreement(f"{label}: next token as in fp32, each clip alone", alone, cases)
    together = speaker.forced(cases)
    yield _agreement(f"{label}: next token as in fp32, {len(cases)} rows at once", together, cases)
    yield _same(f"{label}: next token at once as alone", together, alone)
    yield _logprobs(f"{label}: log-probabilities as in fp32", together, cases)
    again = speaker.forced(cases)
    same = all(one.tokens == two.tokens for one, two in zip(together, again, strict=True))
    yield Verdict(f"{label}: the same batch twice", same, "same tokens" if same else "tokens differ")


def _text(engine: AsrEngine, case: Case) -> str:
    return engine.transcribe(AsrRequest(case.name, case.pcm)).text


def _texts(question: str, got: Sequence[str], expected: Sequence[str]) -> Verdict:
    wrong = [pair for pair in zip(got, expected, strict=True) if pair[0] != pair[1]]
    figure = f"{len(expected) - len(wrong)} of {len(expected)}"
    if wrong:
        figure += f"; first difference: {wrong[0][0]!r} instead of {wrong[0][1]!r}"
    return Verdict(question, not wrong, figure)


def _finite(question: str, answers: Sequence[Forced]) -> Verdict:
    broken = sum(not math.isfinite(value) for answer in answers for value in answer.logprobs)
    return Verdict(question, not broken, f"{broken} are not" if broken else "all are")


def _agreement(question: str, answers: Sequence[Forced], cases: Sequence[Case]) -> Verdict:
    pairs = _pairs(answers, [case.tokens for case in cases])
    agreed = sum(ours == theirs for ours, theirs in pairs)
    figure = f"{agreed} of {len(pairs)} ({agreed / len(pairs):.2%}; {MIN_AGREEMENT:.1%} are needed)"
    if agreed < len(pairs):
        figure += f"; {_near_ties(answers, cases)} of the other {len(pairs) - agreed} are near ties"
    return Verdict(question, agreed >= MIN_AGREEMENT * len(pairs), figure)


def _near_ties(answers: Sequence[Forced], cases: Sequence[Case]) -> int:
    """Number of different tokens about as likely as fp32's; with random weights some are expected."""
    return sum(
        ours != theirs and abs(our_logprob - their_logprob) <= NEAR_TIE
        for answer, case in zip(answers, cases, strict=True)
        for ours, theirs, our_logprob, their_logprob in zip(
            answer.tokens, case.tokens, answer.logprobs, case.logprobs, strict=True
        )
    )


def _same(question: str, together: Sequence[Forced], alone: Sequence[Forced]) -> Verdict:
    pairs = _pairs(together, [answer.tokens for answer in alone])
    agreed = sum(ours == theirs for ours, theirs in pairs)
    figure = f"{agreed} of {len(pairs)} ({MIN_AGREEMENT:.1%} are needed)"
    return Verdict(question, agreed >= MIN_AGREEMENT * len(pairs), figure)


def _logprobs(question: str, answers: Sequence[Forced], cases: Sequence[Case]) -> Verdict:
    """Verdict on log-probabilities, over positions where both chose the same token."""
    off = [
        abs(ours - theirs)
        for answer, case in zip(answers, cases, strict=True)
        for ours, theirs, left, right in zip(
            answer.logprobs, case.logprobs, answer.tokens, case.tokens, strict=True
        )
        if left == right
    ]
    if not off:
        return Verdict(question, False, "no token agrees")
    median, largest = float(np.median(off)), max(off)
    figure = f"median {median:.4f} off, at most {largest:.4f} ({MAX_LOGPROB_DIFF} is the median's limit)"
    return Verdict(question, median <= MAX_LOGPROB_DIFF, figure)


def _pairs(answers: Sequence[Forced], tokens: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    rows = zip(answers, tokens, strict=True)
    return [pair for answer, expected in rows for pair in zip(answer.tokens, expected, strict=True)]
