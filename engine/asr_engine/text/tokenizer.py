"""Tokenizer of the model: text to token ids and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer

from asr_engine.errors import ArtifactError

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class AsrTokenizer:
    """Keeps plain text and control tokens apart.

    Plain text is encoded by a copy of the tokenizer that knows no control tokens. `<|im_end|>` typed into a
    context is therefore encoded as ordinary characters and cannot end the system message.
    """

    def __init__(self, path: Path) -> None:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            self._control = {token["content"]: int(token["id"]) for token in data["added_tokens"]}
            self._plain = Tokenizer.from_str(json.dumps({**data, "added_tokens": []}))
        except Exception as error:  # the library raises bare Exception for a malformed file
            raise ArtifactError(f"{path}: not a tokenizer file: {error}") from error
        self._control_ids = frozenset(self._control.values())

    def encode_plain(self, text: str) -> list[int]:
        """Ids of ordinary text; control tokens written in it are not recognised."""
        ids: list[int] = self._plain.encode(text, add_special_tokens=False).ids
        return ids

    def control_id(self, token: str) -> int:
        """Id of a control token such as `<|im_start|>`; raises ArtifactError when there is none."""
        try:
            return self._control[token]
        except KeyError as error:
            raise ArtifactError(f"the tokenizer has no control token {token!r}") from error

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the ordinary tokens among `ids`, without a character that is incomplete at the end."""
        text: str = self._plain.decode([id_ for id_ in ids if id_ not in self._control_ids])
        return text.rstrip(_REPLACEMENT)
