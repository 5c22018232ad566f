"""Triton adapter of the engine. `AsrModel` is the name that every exported repository's model.py imports."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asr_engine.triton.model import AsrModel as AsrModel


def __getattr__(name: str) -> Any:
    """Load the model with its inference engine only when it is asked for."""
    if name != "AsrModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from asr_engine.triton.model import AsrModel

    return AsrModel
