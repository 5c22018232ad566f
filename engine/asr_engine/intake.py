"""Intake of requests: checks each, builds its sequence and computes its features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from asr_engine.audio import checked_samples, loudest_frame_dbfs
from asr_engine.config import EngineConfig
from asr_engine.errors import ConfigError, ContextTooLong, InvalidOption
from asr_engine.features import MelFrontEnd, Window
from asr_engine.manifest import Manifest
from asr_engine.request import AsrRequest
from asr_engine.scheduling.sequence import OnDone, Sequence, token_cap
from asr_engine.text.languages import Languages
from asr_engine.text.prompt import Prompt, PromptBuilder
from asr_engine.text.repetition import LoopDetector
from asr_engine.text.tokenizer import AsrTokenizer

_CHARACTERS_PER_TOKEN = 32  # more than any real text has; a longer context is refused without tokenising it


class Intake:
    """`accept` runs on the caller's thread, `prepare` on a feature thread; neither changes this object."""

    def __init__(
        self,
        manifest: Manifest,
        config: EngineConfig,
        tokenizer: AsrTokenizer,
        languages: Languages,
        clock: Callable[[], float],
    ) -> None:
        self._manifest = manifest
        self._config = config
        self._prompts = PromptBuilder(tokenizer, manifest.tokens)
        self._num_role_ids = len(self._prompts.encode_context(""))
        self._front_end = MelFrontEnd(manifest.audio)
        self._languages = languages
        self._clock = clock
        self._check_room()

    def accept(self, request: AsrRequest, on_done: OnDone) -> Sequence:
        """Build the sequence of a request; raises the RequestError that says what is wrong with it."""
        submitted_at = self._clock()
        rate = self._manifest.audio.sample_rate
        samples = checked_samples(request.pcm, rate, self._config.max_audio_s)
        language = None if request.language is None else self._languages.resolve(request.language)
        _check_max_new_tokens(request.max_new_tokens)
        context_ids = self._context_ids(request.context)
        prompt = self._prompts.build(context_ids, self._front_end.num_tokens(samples.size), language)
        audio_s = samples.size / rate
        config = self._config
        return Sequence(
            request_id=request.id,
            on_done=on_done,
            samples=samples,
            audio_s=audio_s,
            language=language,
            prompt=prompt,
            max_new_tokens=self._cap(prompt, audio_s, request.max_new_tokens),
            end_of_text=() if config.ignore_end_of_text else self._manifest.tokens.end_of_text,
            detector=LoopDetector(
                config.repetition_max_period, config.repetition_min_repeats, config.repetition_min_tokens
            ),
            submitted_at=submitted_at,
        )

    def prepare(self, sequence: Sequence) -> tuple[Window, ...]:
        """Encoder windows of the clip; an empty tuple when it is below the silence level.

        Empty also for a request that was answered meanwhile, so that many cancelled requests do not delay the
        others.
        """
        samples = sequence.samples  # the loop may drop them at any moment
        if samples.size == 0:
            return ()
        if loudest_frame_dbfs(samples, self._manifest.audio.sample_rate) < self._config.silence_dbfs:
            return ()
        return self._front_end.windows(samples)

    def _check_room(self) -> None:
        """Refuse to load when the longest clip does not fit a slot, instead of refusing requests later."""
        config = self._config
        num_audio = self._front_end.num_tokens(int(config.max_audio_s * self._manifest.audio.sample_rate))
        needed = (
            len(self._prompts.build(self._prompts.encode_context(""), num_audio, None)) + config.base_tokens
        )
        if needed > config.max_positions:
            raise ConfigError(
                f"max_positions is {config.max_positions}; {config.max_audio_s:g} s of audio, the prompt and "
                f"{config.base_tokens} tokens of text need {needed}"
            )

    def _context_ids(self, context: object) -> list[int]:
        if not isinstance(context, str):
            raise InvalidOption(f"context is a {type(context).__name__}; a string is needed")
        try:
            context.encode()
        except UnicodeEncodeError as error:
            raise InvalidOption(f"context is not valid Unicode: {error.reason}") from error
        limit = self._config.max_context_tokens
        if len(context) > limit * _CHARACTERS_PER_TOKEN:
            raise ContextTooLong(f"context is {len(context)} characters; the limit is {limit} tokens")
        ids = self._prompts.encode_context(context)
        num_context = len(ids) - self._num_role_ids
        if num_context > limit:
            raise ContextTooLong(f"context is {num_context} tokens; the limit is {limit}")
        return ids

    def _cap(self, prompt: Prompt, audio_s: float, requested: int | None) -> int:
        config = self._config
        cap = token_cap(audio_s, config.base_tokens, config.tokens_per_second, requested)
        left = config.max_positions - len(prompt) + 1  # the last token is never fed back
        if left < min(cap, config.base_tokens):
            num_audio = prompt.audio_end - prompt.audio_start
            raise ContextTooLong(
                f"the prompt is {len(prompt)} tokens, {num_audio} of them audio; with room for "
                f"{min(cap, config.base_tokens)} tokens of text the limit is {config.max_positions}"
            )
        return min(cap, left)


def _check_max_new_tokens(value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidOption(f"max_new_tokens is {value!r}; a whole number of 1 or more is needed")
