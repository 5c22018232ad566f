"""Contenders of the benchmark by name. Each runs in a process of its own and is controlled over a pipe."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.load import Contender, Load, Sample
from bench.usage import watch


class Kind(StrEnum):
    """Kind of contender."""

    ENGINE = "engine"  # this engine in its own process, without a server
    STACK = "stack"  # gRPC client, Triton, engine
    PYTORCH = "pytorch"  # transformers' generate


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """Name such as `engine cpu-int8` or `pytorch bf16`. A `long` one has context for clips of two minutes."""

    kind: Kind
    precision: str  # an export target, or a PyTorch type
    long: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.precision}{' long' if self.long else ''}"

    @classmethod
    def parse(cls, text: str) -> Name:
        kind, precision, *long = text.split()
        return cls(Kind(kind), precision, bool(long))


@dataclass(frozen=True, slots=True)
class Start:
    """What a contender's process needs to start. `place` is a model repository or a checkpoint."""

    name: Name
    place: Path
    threads: int


class ContenderFailed(Exception):
    """A contender's process raised an error or died; the message is that error."""


class Running:
    """Handle of a contender's process."""

    def __init__(self, process: multiprocessing.process.BaseProcess, pipe: Connection) -> None:
        self._process = process
        self._pipe = pipe

    @classmethod
    def start(cls, start: Start) -> Running:
        """Start the process and wait until the contender is loaded. Raises ContenderFailed."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(start, theirs), name=str(start.name))
        process.start()
        theirs.close()
        running = cls(process, ours)
        running._receive()
        return running

    def run(self, load: Load) -> Sample:
        """Serve a load and measure memory and processor time. Raises ContenderFailed."""
        with watch(self._process.pid or 0) as usage:
            self._pipe.send(load)
            sample: Sample = self._receive()
        return replace(sample, usage=usage())

    def stop(self) -> None:
        """Ask the process to end, and kill it when it has not ended after a minute."""
        self._pipe.close()
        self._process.join(60)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _receive(self) -> Any:
        try:
            said = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise ContenderFailed(
                f"{self._process.name} died with exit code {self._process.exitcode}"
            ) from None
        if isinstance(said, ContenderFailed):
            raise said
        return said


@contextmanager
def running(start: Start) -> Iterator[Running]:
    """Run a contender while in the `with` block."""
    contender = Running.start(start)
    try:
        yield contender
    finally:
        contender.stop()


def _serve(start: Start, pipe: Connection) -> None:
    """Main function of a contender's process: load, then serve loads until the pipe is closed."""
    contender: Contender | None = None
    try:
        contender = _load(start)
        pipe.send("ready")
        while True:
            pipe.send(contender.run(pipe.recv()))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
    except Exception:  # noqa: BLE001 - sent to the parent process
        pipe.send(ContenderFailed(f"{start.name}: {traceback.format_exc()}"))
    finally:
        if contender is not None:
            contender.close()


def _load(start: Start) -> Contender:
    """Load a contender. Imports are local, because each kind needs other heavy packages."""
    if start.name.kind is Kind.ENGINE:
        from bench.bare_engine import BareEngine

        return BareEngine(start.place)
    if start.name.kind is Kind.STACK:
        from bench.whole_stack import WholeStack

        return WholeStack(start.place)
    from bench.pytorch_reference import PytorchReference

    return PytorchReference(start.place, start.name.precision, start.threads)
