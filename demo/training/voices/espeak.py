"""eSpeak NG synthesiser through ctypes, with phoneme and word times; no other module knows its C interface.

The constants and structures are those of espeak-ng's `speak_lib.h`, version 1.51.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from training.voices.speaker import Speaker
from training.voices.speech import SILENCE, Phoneme, Speech, Word
from training.voices.spoken_form import SpokenForm

ESPEAK_RATE = 22_050
UP, DOWN = 320, 441  # 16 000 / 22 050

AUDIO_OUTPUT_SYNCHRONOUS = 2
PHONEME_EVENTS = 1
POSITION_CHARACTER = 1
CHARS_UTF8 = 1
PARAMETER_RATE = 1
PARAMETER_PITCH = 3
EVENT_LIST_TERMINATED = 0
EVENT_WORD = 1
EVENT_PHONEME = 7
PAUSE_PREFIX = "_"
SHORTEST_WORD_MS = 30


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class _WordStart:
    start_ms: float
    spoken_start: int  # 1-based, as espeak-ng counts


class EspeakSynthesiser:
    """Owns the library, which allows one instance per process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._blocks: list[NDArray[np.int16]] = []
        self._phonemes: list[Phoneme] = []
        self._starts: list[_WordStart] = []
        self._callback = _Callback(self._collect)  # kept: the library holds only a pointer
        rate = self._library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, None, PHONEME_EVENTS)
        if rate != ESPEAK_RATE:
            raise RuntimeError(f"espeak-ng speaks at {rate} Hz; {ESPEAK_RATE} Hz was expected")
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, spoken: SpokenForm, speaker: Speaker) -> Speech:
        """Synthesise speech; silence at its ends is kept."""
        for collected in (self._blocks, self._phonemes, self._starts):
            collected.clear()
        if self._library.espeak_SetVoiceByName(speaker.voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {speaker.voice!r}")
        self._library.espeak_SetParameter(PARAMETER_RATE, speaker.words_per_minute, 0)
        self._library.espeak_SetParameter(PARAMETER_PITCH, speaker.pitch, 0)
        data = spoken.text.encode()
        self._library.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None
        )
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._blocks) if self._blocks else np.zeros(1, np.int16)
        resampled = resample_poly(samples.astype(np.float32) / 32_768, UP, DOWN).astype(np.float32)
        phonemes = tuple(
            Phoneme(phoneme.start_ms, SILENCE if phoneme.name.startswith(PAUSE_PREFIX) else phoneme.name)
            for phoneme in self._phonemes
        )
        return Speech(resampled, phonemes, self._words(spoken, len(samples) / ESPEAK_RATE * 1000))

    def _words(self, spoken: SpokenForm, length_ms: float) -> tuple[Word, ...]:
        """Words with their end times.

        A word ends where the next word or a pause begins. Words that the library reports as one end together.
        """
        offsets = [word.spoken_start for word in spoken.words]
        started: dict[int, float] = {}
        for event in self._starts:
            started.setdefault(max(0, bisect_right(offsets, event.spoken_start - 1) - 1), event.start_ms)
        starts = sorted(started.values())
        pauses = [phoneme.start_ms for phoneme in self._phonemes if phoneme.name.startswith(PAUSE_PREFIX)]
        words, start_ms = [], 0.0
        for index, word in enumerate(spoken.words):
            start_ms = started.get(index, start_ms)
            ends = [start for start in starts if start > start_ms + 1][:1]
            ends += [pause for pause in pauses if pause > start_ms + SHORTEST_WORD_MS][:1]
            words.append(Word(min([*ends, length_ms]), word.text_start, word.text_end))
        return tuple(words)

    def _collect(
        self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]
    ) -> int:
        if samples and count > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != EVENT_LIST_TERMINATED:
            event = events[index]
            if event.type == EVENT_WORD:
                self._starts.append(_WordStart(event.audio_position, event.text_position))
            elif event.type == EVENT_PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "ignore")
                self._phonemes.append(Phoneme(event.audio_position, name))
            index += 1
        return 0
