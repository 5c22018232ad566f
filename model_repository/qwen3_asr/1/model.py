"""Triton's entry into the engine: everything is in asr_engine.triton."""

from typing import Any

import triton_python_backend_utils as pb_utils

from asr_engine.triton import AsrModel


class TritonPythonModel:
    def initialize(self, args: dict[str, str]) -> None:
        self._model = AsrModel.load(args, pb_utils)

    def execute(self, requests: list[Any]) -> None:
        self._model.execute(requests)

    def finalize(self) -> None:
        self._model.close()
