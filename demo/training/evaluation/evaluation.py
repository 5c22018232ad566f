"""Evaluation of a model on all conditions, with results as data and as a table."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from transformers import Qwen3ASRForConditionalGeneration, Qwen3ASRProcessor

from training.evaluation.conditions import Clip, clips, conditions, non_speech_clips
from training.evaluation.scoring import Rate, Transcript, digits, distance, error_rate, share, units
from training.evaluation.transcriber import transcribe
from training.model.prompt import ANSWER_NAMES
from training.sound.noise import NoiseBank
from training.voices.speech_store import Utterance

NON_SPEECH = "no speech"
DIGITS = "digit strings"
MEASURES = {"zh": "CER", "en": "WER"}
SHOWN_MISTAKES = 5
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """Results of one condition in one language."""

    condition: str
    language: str  # zh | en | none
    clips: int
    errors: Rate  # CER or WER; for non-speech, clips with text
    exact: Rate  # clips without an error
    right_language: Rate
    digit_errors: Rate | None
    mistakes: tuple[tuple[str, str], ...]  # the first few, reference and transcript


class Evaluation:
    """Runs the conditions one after another. Results of finished ones are read from `folder`."""

    def __init__(
        self,
        model: Qwen3ASRForConditionalGeneration,
        processor: Qwen3ASRProcessor,
        sets: dict[str, Sequence[Utterance]],
        bank: NoiseBank,
        folder: Path,
        seed: int,
    ) -> None:
        self._model = model
        self._processor = processor
        self._sets = sets
        self._bank = bank
        self._folder = folder
        self._seed = seed

    def run(self, progress: Callable[[float], None]) -> list[Row]:
        """Evaluate all conditions, and write evaluation.md beside the results."""
        self._folder.mkdir(parents=True, exist_ok=True)
        planned: dict[str, Callable[[], list[Clip]]] = {
            condition.name: partial(clips, condition, self._sets[condition.dataset], self._seed)
            for condition in conditions(self._bank)
        }
        planned[NON_SPEECH] = partial(non_speech_clips, self._bank, self._seed)
        rows: list[Row] = []
        for index, (name, make) in enumerate(planned.items()):
            rows += self._measured(index, name, make)
            progress((index + 1) / len(planned))
        (self._folder / "evaluation.md").write_text(table(rows), encoding="utf-8")
        return rows

    def _measured(self, index: int, name: str, make: Callable[[], list[Clip]]) -> list[Row]:
        path = self._folder / f"{index:02}.json"
        if path.exists():
            return [_row_from_json(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
        made = make()
        transcripts = transcribe(self._model, self._processor, [clip.samples for clip in made])
        rows = score(name, made, transcripts)
        for row in rows:
            logger.info("%s", table_line(row))
        text = json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        return rows


def score(condition: str, clips: Sequence[Clip], transcripts: Sequence[Transcript]) -> list[Row]:
    """One row for each language among the clips."""
    pairs = list(zip(clips, transcripts, strict=True))
    return [
        _row(condition, language, [pair for pair in pairs if pair[0].language == language])
        for language in ANSWER_NAMES
        if any(clip.language == language for clip in clips)
    ]


def table(rows: Sequence[Row]) -> str:
    """Markdown table with 95 % intervals."""
    head = [
        "| condition | language | clips | errors | clips without error | language right |",
        "| --- | --- | ---: | --- | ---: | ---: |",
    ]
    return "\n".join([*head, *(table_line(row) for row in rows)]) + "\n"


def table_line(row: Row) -> str:
    """One line of the table."""
    if row.language == "none":
        right = row.right_language.count
        return f"| {row.condition} | – | {row.clips} | with text: {row.errors} | – | {right} |"
    errors = f"{MEASURES[row.language]} {row.errors}"
    if row.digit_errors is not None:
        errors += f"; digits {row.digit_errors}"
    name, exact, right = ANSWER_NAMES[row.language], row.exact.count, row.right_language.count
    return f"| {row.condition} | {name} | {row.clips} | {errors} | {exact} | {right} |"


def _row(condition: str, language: str, pairs: Sequence[tuple[Clip, Transcript]]) -> Row:
    references = [clip.reference for clip, _ in pairs]
    texts = [transcript.text for _, transcript in pairs]
    expected = None if language == "none" else ANSWER_NAMES[language]
    wrong = [
        (reference, text)
        for reference, text in zip(references, texts, strict=True)
        if distance(units(reference, language), units(text, language))
    ]
    spoken = language != "none"
    return Row(
        condition=condition,
        language=language,
        clips=len(pairs),
        errors=error_rate(references, texts, language) if spoken else share(len(wrong), len(pairs)),
        exact=share(len(pairs) - len(wrong), len(pairs)),
        right_language=share(sum(heard.language == expected for _, heard in pairs), len(pairs)),
        digit_errors=error_rate(references, texts, language, digits) if condition == DIGITS else None,
        mistakes=tuple(wrong[:SHOWN_MISTAKES]),
    )


def _row_from_json(entry: dict[str, object]) -> Row:
    rates = {
        name: Rate(**value) if isinstance(value, dict) else value  # the only dicts are rates
        for name, value in entry.items()
    }
    return Row(**rates)  # type: ignore[arg-type]
