"""Record of a run: one line for each measurement, so that an interrupted run can be continued."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.ceilings import Ceilings
from bench.cells import Cell
from bench.contenders import Name
from bench.load import Answer, Sample, Stages, Usage


class OtherRun(Exception):
    """The file holds no run, or a run with other settings or other code."""


@dataclass(slots=True)
class Record:
    """One run. Only a run with equal `settings` is continued."""

    path: Path
    settings: dict[str, Any]
    samples: dict[tuple[int, Cell], Sample] = field(default_factory=dict)  # by round
    ceilings: list[Ceilings] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path, settings: dict[str, Any], *, fresh: bool) -> Record:
        """Continue the run at `path`, or start one. With `fresh` an existing run is dropped.

        Raises OtherRun when the existing run cannot be continued.
        """
        if path.exists() and not fresh:
            _drop_half_line(path)
            record = cls.load(path)
            if record.settings != settings:
                raise OtherRun(f"{path} is of other settings or other code; start anew with --fresh")
            return record
        record = cls(path, settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        record._append({"settings": settings})
        return record

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a run. Raises OtherRun when the file holds none."""
        lines = _lines(path)
        try:
            settings = next(lines)["settings"]
        except (OSError, ValueError, KeyError, StopIteration) as error:
            raise OtherRun(f"{path} is not the record of a run") from error
        record = cls(path, settings)
        for line in lines:
            if "ceilings" in line:
                record.ceilings.append(Ceilings(**line["ceilings"]))
            else:
                record.samples[line["round"], _cell_of(line["cell"])] = _sample_of(line["sample"])
        return record

    def add(self, number: int, cell: Cell, sample: Sample) -> None:
        """Save a sample of round `number`."""
        self.samples[number, cell] = sample
        self._append({"round": number, "cell": _cell_as_json(cell), "sample": asdict(sample)})

    def add_ceilings(self, ceilings: Ceilings) -> None:
        """Save one measurement of the processor's ceilings."""
        self.ceilings.append(ceilings)
        self._append({"ceilings": asdict(ceilings)})

    def rounds(self, cell: Cell) -> dict[int, Sample]:
        """Samples of a cell by round."""
        return {number: sample for (number, one), sample in self.samples.items() if one == cell}

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Cells that were measured at least once, in the order of the table."""
        found = {cell for _, cell in self.samples}
        return tuple(sorted(found, key=lambda cell: (cell.clip_s, cell.callers, cell.contender)))

    def _append(self, line: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def _drop_half_line(path: Path) -> None:
    """Remove the incomplete last line that a killed run may leave."""
    whole, newline, _ = path.read_bytes().rpartition(b"\n")
    path.write_bytes(whole + newline)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _cell_as_json(cell: Cell) -> dict[str, Any]:
    return {"contender": str(cell.contender), "clip_s": cell.clip_s, "callers": cell.callers}


def _cell_of(data: dict[str, Any]) -> Cell:
    return Cell(Name.parse(data["contender"]), data["clip_s"], data["callers"])


def _sample_of(data: dict[str, Any]) -> Sample:
    return Sample(
        wall_s=data["wall_s"],
        answers=tuple(Answer(**answer) for answer in data["answers"]),
        stages=None if data["stages"] is None else Stages(**data["stages"]),
        usage=None if data["usage"] is None else Usage(**data["usage"]),
    )
