"""The number of turns that somebody has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from call_analysis.file_values.kinds import Kind, Whole
from call_analysis.rules.scope import Found, NotApplicable, Scope


@dataclass(frozen=True, slots=True)
class Turns:
    """From `at_least` to `at_most` turns in the scope."""

    at_least: int | None = None
    at_most: int | None = None

    PARAMETERS: ClassVar[Mapping[str, Kind]] = {
        "at_least": Whole(1, 100_000),
        "at_most": Whole(1, 100_000),
    }

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needed: at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is more than at_most {self.at_most}")

    def find(self, scope: Scope) -> Found | NotApplicable:
        """The first words of the last turn, labelled with the number of turns."""
        count = len(scope.stretches)
        if not (self.at_least or 1) <= count <= (self.at_most or count):
            return Found(False)
        return Found(True, (scope.stretches[-1].opening(f"{count} turns"),))


CONDITION = Turns
