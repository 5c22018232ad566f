"""Just enough of a Dockerfile reader for the tests: instructions in order, ARG defaults filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Instruction:
    """`COPY engine engine` is Instruction("COPY", "engine engine")."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Arguments of an exec-form or plain instruction."""
        return list(json.loads(self.text)) if self.text.startswith("[") else self.text.split()


def read_dockerfile(path: Path) -> list[Instruction]:
    """All instructions; continued lines joined, comments dropped."""
    lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    ]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = []
    defaults: dict[str, str] = {}
    for line in filter(str.strip, joined.splitlines()):
        name, _, text = line.strip().partition(" ")
        for variable, value in defaults.items():
            text = text.replace(f"${{{variable}}}", value)
        if name == "ARG":
            variable, _, value = text.partition("=")
            defaults[variable] = value.strip('"')
        found.append(Instruction(name, text))
    return found
