"""Outcome of each sample call, and the problems: what differs from what the demo promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asr_eval.normalization import rate_name
from asr_eval.scoring import ErrorCount, error_rate, total_errors
from asr_types.transcript import Transcript, join_texts
from call_analysis.report import CallReport
from planted_events import missed_events
from sample_calls import BOUND_CONDITIONS, PlantedEvent, SampleCall

# Character error rate for Chinese, word error rate for English, over the calls of BOUND_CONDITIONS.
BOUNDS = {"Chinese": 0.05, "English": 0.08}


@dataclass(frozen=True, slots=True)
class Transcribed:
    """Call that was transcribed. `latency_s` is the time from opening the file to the whole transcript."""

    call: SampleCall
    transcript: Transcript
    report: CallReport
    latency_s: float

    @property
    def errors(self) -> ErrorCount:
        """Errors against the reference, channel by channel; text on silence counts as insertions."""
        return total_errors(self._channel_errors(index) for index in range(len(self.call.roles)))

    @property
    def missed_events(self) -> tuple[PlantedEvent, ...]:
        """Events that were planted for the analysis and are missing from the report."""
        return missed_events(self.call, self.report)

    def _channel_errors(self, channel: int) -> ErrorCount:
        texts = [segment.text for segment in self.transcript.segments if segment.channel == channel]
        language = self.call.language or self.transcript.language or "English"
        return error_rate(self.call.text_of(channel), join_texts(texts), language)


@dataclass(frozen=True, slots=True)
class Failed:
    """Call that failed, with the client's error message."""

    call: SampleCall
    reason: str


Outcome = Transcribed | Failed


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Errors of all calls of one language and condition."""

    language: str
    condition: str
    errors: ErrorCount

    @property
    def title(self) -> str:
        """Title of the table row, such as `Chinese telephone CER`."""
        return f"{self.language} {self.condition} {rate_name(self.language)}"


def errors_by_condition(outcomes: Iterable[Outcome]) -> tuple[ErrorGroup, ...]:
    """One group for each language and condition with speech, in the order of the calls."""
    groups: dict[tuple[str, str], ErrorCount] = {}
    for outcome in outcomes:
        if isinstance(outcome, Transcribed) and outcome.call.language:
            key = outcome.call.language, outcome.call.condition
            groups[key] = groups.get(key, ErrorCount()) + outcome.errors
    return tuple(ErrorGroup(language, condition, errors) for (language, condition), errors in groups.items())


def bounded_errors(outcomes: Sequence[Outcome], language: str) -> ErrorCount:
    """Errors over the calls to which the language's bound applies."""
    groups = errors_by_condition(outcomes)
    return total_errors(
        group.errors for group in groups if group.language == language and group.condition in BOUND_CONDITIONS
    )


def find_problems(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """One sentence for each difference from what the demo promises."""
    problems = [sentence for outcome in outcomes for sentence in _problems_of(outcome)]
    for language, bound in BOUNDS.items():
        rate = bounded_errors(outcomes, language).rate
        if rate > bound:
            problems.append(
                f"{rate_name(language)} of the {' and '.join(BOUND_CONDITIONS)} calls in {language} is "
                f"{rate:.1%}; allowed: {bound:.0%}"
            )
    return tuple(problems)


def _problems_of(outcome: Outcome) -> list[str]:
    call = outcome.call
    if isinstance(outcome, Failed):
        return [f"{call.file}: {outcome.reason}"]
    if call.language is None and outcome.transcript.text:
        return [f"{call.file}: {call.condition}, but there is text: {outcome.transcript.text}"]
    if outcome.transcript.language != call.language:
        return [f"{call.file}: language is {outcome.transcript.language}; expected: {call.language}"]
    return [
        f"{call.file}: {event.kind} at {event.start_s:.1f} s was not found: {event.quote}"
        for event in outcome.missed_events
    ]
