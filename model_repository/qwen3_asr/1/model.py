"""Triton's entry into the engine: everything is in asr_engine.triton."""

import triton_python_backend_utils as pb_utils

from asr_engine.triton import AsrModel


class TritonPythonModel:
    def initialize(self, args):
        self._model = AsrModel.load(args, pb_utils)

    def execute(self, requests):
        return self._model.execute(requests)

    def finalize(self):
        self._model.close()
