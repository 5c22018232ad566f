"""Speaks lines with the synthesiser of the training data, the same each time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable

from training.sentences.corpus import UtterancePlan
from training.voices.speaker import Speaker
from training.voices.speech import Speech
from training.voices.synthesis import say

PROCESSES = 2


def speak_all(lines: Iterable[tuple[str, str, Speaker]]) -> list[Speech]:
    """Speech for each (text, zh | en, speaker); raises ValueError for what cannot be said.

    The library's oscillators run on from one line to the next, so what came before would change a line a
    little: every line gets a process of its own.
    """
    plans = [UtterancePlan(text, language, "call", speaker) for text, language, speaker in lines]
    with multiprocessing.get_context("fork").Pool(PROCESSES, maxtasksperchild=1) as pool:
        spoken = pool.map(say, plans, chunksize=1)
    for plan, speech in zip(plans, spoken, strict=True):
        if speech is None:
            raise ValueError(f"the synthesiser cannot say {plan.text!r}")
    return [speech for speech in spoken if speech is not None]
