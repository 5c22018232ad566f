"""flite, the second synthesiser (English only), through ctypes, with the times of phonemes and words."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy.signal import resample_poly

from training.voices.speaker import Speaker
from training.voices.speech import SAMPLE_RATE, SILENCE, Phoneme, Speech, Word
from training.voices.spoken_form import SpokenForm

SEGMENT_END = b"end"
TOKEN_END = b"daughtern.R:SylStructure.daughtern.daughtern.R:Segment.end"

# espeak-ng's names of flite's phonemes where they differ, so that both synthesisers have the same classes.
ESPEAK_NAMES = {
    "pau": SILENCE, "aa": "A:", "ae": "a", "ah": "V", "ao": "O:", "aw": "aU", "ax": "@", "ay": "aI",
    "eh": "E", "er": "3:", "ey": "eI", "ih": "I", "iy": "i:", "ow": "oU", "oy": "OI", "uh": "U", "uw": "u:",
    "hh": "h", "jh": "dZ", "ch": "tS", "dh": "D", "th": "T", "sh": "S", "zh": "Z", "ng": "N", "y": "j",
}  # fmt: skip


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))  # the leading fields only


class FliteSynthesiser:
    """Loads each voice library once."""

    def __init__(self) -> None:
        for name in ("usenglish", "cmulex"):
            ctypes.CDLL(f"libflite_{name}.so.1", ctypes.RTLD_GLOBAL)
        self._library = ctypes.CDLL("libflite.so.1", ctypes.RTLD_GLOBAL)
        for name in ("flite_synth_text", "utt_relation", "relation_head", "item_next"):
            getattr(self._library, name).restype = ctypes.c_void_p
        self._library.utt_wave.restype = ctypes.POINTER(_Wave)
        self._library.flite_ffeature_string.restype = ctypes.c_char_p
        self._library.flite_ffeature_float.restype = ctypes.c_float
        self._library.flite_init()
        self._voice = cache(self._load_voice)

    def say(self, spoken: SpokenForm, speaker: Speaker) -> Speech:
        """Synthesise speech.

        Raises ValueError when flite splits the text into words unlike the spoken form.
        """
        voice = self._voice(speaker.voice)
        features = ctypes.cast(voice, ctypes.POINTER(_Voice)).contents.features
        self._library.flite_feat_set_float(
            ctypes.c_void_p(features), b"duration_stretch", ctypes.c_float(speaker.stretch)
        )
        utterance = ctypes.c_void_p(
            self._library.flite_synth_text(spoken.text.encode(), ctypes.c_void_p(voice))
        )
        try:
            return self._speech(utterance, spoken)
        finally:
            self._library.delete_utterance(utterance)

    def _speech(self, utterance: ctypes.c_void_p, spoken: SpokenForm) -> Speech:
        wave = self._library.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32_768
        if wave.sample_rate != SAMPLE_RATE:
            samples = resample_poly(samples, SAMPLE_RATE, wave.sample_rate).astype(np.float32)
        ends_ms = [1000 * self._float(token, TOKEN_END) for token in self._items(utterance, b"Token")]
        if len(ends_ms) != len(spoken.words):
            raise ValueError(f"flite reads {len(ends_ms)} words in {spoken.text!r}, not {len(spoken.words)}")
        words = (
            Word(end_ms, word.text_start, word.text_end)
            for end_ms, word in zip(ends_ms, spoken.words, strict=True)
        )
        return Speech(samples, tuple(self._phonemes(utterance)), tuple(words))

    def _phonemes(self, utterance: ctypes.c_void_p) -> Iterator[Phoneme]:
        start_ms = 0.0
        for segment in self._items(utterance, b"Segment"):
            name = self._library.flite_ffeature_string(segment, b"name").decode()
            yield Phoneme(start_ms, ESPEAK_NAMES.get(name, name))
            start_ms = 1000 * self._float(segment, SEGMENT_END)

    def _items(self, utterance: ctypes.c_void_p, relation: bytes) -> Iterator[ctypes.c_void_p]:
        item = self._library.relation_head(ctypes.c_void_p(self._library.utt_relation(utterance, relation)))
        while item:
            yield ctypes.c_void_p(item)
            item = self._library.item_next(ctypes.c_void_p(item))

    def _float(self, item: ctypes.c_void_p, path: bytes) -> float:
        value: float = self._library.flite_ffeature_float(item, path)
        return value

    @staticmethod
    def _load_voice(name: str) -> int:
        library = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1")
        register = getattr(library, f"register_cmu_us_{name}")
        register.restype = ctypes.c_void_p
        voice: int = register(None)
        return voice
