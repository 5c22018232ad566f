"""Voice-over of the script's lines by the synthesiser of the training data, the same in every run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable

from training.sentences.corpus import UtterancePlan
from training.voices.speaker import Speaker
from training.voices.speech import Speech
from training.voices.synthesis import say

PROCESSES = 2


def speak_all(lines: Iterable[tuple[str, str, Speaker]]) -> list[Speech]:
    """Speech for each (text, zh | en, speaker). Raises ValueError for a text that cannot be said.

    Each line is spoken in a new process. In one process the library's oscillators would continue from line to
    line, and a line would depend slightly on those before it.
    """
    plans = [UtterancePlan(text, language, "call", speaker) for text, language, speaker in lines]
    with multiprocessing.get_context("fork").Pool(PROCESSES, maxtasksperchild=1) as pool:
        spoken = pool.map(say, plans, chunksize=1)
    for plan, speech in zip(plans, spoken, strict=True):
        if speech is None:
            raise ValueError(f"the synthesiser cannot say {plan.text!r}")
    return [speech for speech in spoken if speech is not None]
