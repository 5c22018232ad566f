"""Speech from libespeak-ng through ctypes: the one place that knows its C interface.

The constants are those of espeak-ng's `speak_lib.h`, version 1.51.
"""

from __future__ import annotations

import ctypes
import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

SAMPLE_RATE = 16_000
ESPEAK_RATE = 22_050
UP, DOWN = 320, 441  # 16 000 / 22 050
PROCESSES = 2
PEAK = 20_000 / 32_768
AUDIBLE = 100  # int16 steps
LEAD_IN = 480  # samples kept before the first audible one
LEAD_OUT = 960

AUDIO_OUTPUT_RETRIEVAL = 1
POSITION_CHARACTER = 1
CHARS_UTF8 = 1
PARAMETER_RATE = 1
PARAMETER_PITCH = 3

VOICE_FILES = {"zh": "sit/cmn-Latn-pinyin", "en-us": "gmw/en-US", "en-gb": "gmw/en"}

_AudioCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class Voice:
    """`accent` is a key of VOICE_FILES, `variant` a file of espeak-ng's `voices/!v` or empty."""

    accent: str
    variant: str
    pitch: int  # 0..100
    words_per_minute: int

    @property
    def file_name(self) -> str:
        """The library wants file names; the names the command line shows do not work through it."""
        return VOICE_FILES[self.accent] + (f"+{self.variant}" if self.variant else "")


def say_all(lines: Sequence[tuple[str, Voice]]) -> list[NDArray[np.float32]]:
    """Mono speech at 16 kHz for each line of (spoken text, voice), the same each time.

    The library's oscillators run on from one line to the next, so what came before would change a line a
    little: every line gets a process of its own.
    """
    with multiprocessing.get_context("fork").Pool(PROCESSES, maxtasksperchild=1) as pool:
        return pool.starmap(_say_once, lines, chunksize=1)


def _say_once(spoken: str, voice: Voice) -> NDArray[np.float32]:
    return Synthesizer().say(spoken, voice)


class Synthesizer:
    """Owns the library, which allows one instance a process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._blocks: list[NDArray[np.int16]] = []
        self._callback = _AudioCallback(self._collect)  # kept: the library holds only a pointer
        rate = self._library.espeak_Initialize(AUDIO_OUTPUT_RETRIEVAL, 0, None, 0)
        if rate != ESPEAK_RATE:
            raise RuntimeError(f"espeak-ng speaks at {rate} Hz; {ESPEAK_RATE} Hz was expected")
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, spoken: str, voice: Voice) -> NDArray[np.float32]:
        """Mono speech at 16 kHz with a peak of PEAK and short silent ends."""
        self._blocks.clear()
        if self._library.espeak_SetVoiceByName(voice.file_name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice.file_name!r}")
        self._library.espeak_SetParameter(PARAMETER_RATE, voice.words_per_minute, 0)
        self._library.espeak_SetParameter(PARAMETER_PITCH, voice.pitch, 0)
        data = spoken.encode()
        self._library.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None
        )
        self._library.espeak_Synchronize()
        return _trim(resample_poly(np.concatenate(self._blocks).astype(np.float32), UP, DOWN))

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if samples and count > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


def _trim(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
    kept = samples[max(0, audible[0] - LEAD_IN) : audible[-1] + LEAD_OUT]
    return (kept * (PEAK / np.abs(kept).max())).astype(np.float32)
