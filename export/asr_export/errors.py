"""Errors of the exporter.

ExportError                  anything this package raises on purpose
├── CheckpointNotFound       neither a local checkpoint nor one that the hub hands out
├── CheckpointUnreadable     a file of the checkpoint is missing, truncated or not what its name says
├── WrongArchitecture        the checkpoint is of another model
├── WeightMismatch           weights are missing, unexpected or of another shape
├── GraphBuildFailed         a tool that builds the graphs failed
├── ParityFailed             the exported graphs disagree with the PyTorch reference
├── Float16Overflow          activations of the checkpoint leave the range of float16
├── TemplateMissing          the template of the model repository is not where it should be
├── OutputOccupied           the output path holds something that is not an exported repository
└── OutputUnwritable         nothing can be written at the output path
"""

from __future__ import annotations


class ExportError(Exception):
    """Base of all errors the exporter raises on purpose."""


class CheckpointNotFound(ExportError):
    """Neither a local checkpoint nor one that the hub hands out."""


class CheckpointUnreadable(ExportError):
    """A file of the checkpoint is missing, truncated or not what its name says."""


class WrongArchitecture(ExportError):
    """The checkpoint is of another model."""


class WeightMismatch(ExportError):
    """Weights are missing, unexpected or of another shape."""


class GraphBuildFailed(ExportError):
    """A tool that builds the graphs failed."""


class ParityFailed(ExportError):
    """The exported graphs disagree with the PyTorch reference."""


class Float16Overflow(ExportError):
    """Activations of the checkpoint leave the range of float16."""


class TemplateMissing(ExportError):
    """The template of the model repository is not where it should be."""


class OutputOccupied(ExportError):
    """The output path holds something that is not an exported repository."""


class OutputUnwritable(ExportError):
    """Nothing can be written at the output path."""
