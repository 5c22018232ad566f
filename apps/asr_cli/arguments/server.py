"""Arguments of the server: where it is, and how long and how often a request to it is tried."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asr_client import ClientSettings, Priority, TlsFiles

_DEFAULTS = ClientSettings()
_PRIORITIES = {priority.name.lower(): priority for priority in Priority}
# Names of arguments, and of the settings that take their values unchanged.
_SETTINGS = {
    "address": "address",
    "model": "model",
    "deadline": "deadline_s",
    "queue_timeout": "queue_timeout_s",
    "concurrency": "concurrency",
    "retries": "retries",
}

Group = argparse._ActionsContainer  # a parser, or a group of its arguments
AddArgument = Callable[[Group], None]


def add_server_arguments(parser: argparse.ArgumentParser, *further: AddArgument) -> None:
    """The group "the server": address and model, then what `further` adds, then encryption."""
    server = parser.add_argument_group("the server")
    add_address(server)
    server.add_argument("--model", default=_DEFAULTS.model, help="model name (%(default)s)")
    for add in further:
        add(server)
    server.add_argument("--tls", action="store_true", help="encrypt the connection")
    server.add_argument("--ca", type=Path, metavar="PEM", help="trust these root certificates; implies --tls")


def server_settings(args: argparse.Namespace, **others: Any) -> ClientSettings:
    """Settings from those server arguments that the command has, and from `others`. Raises InvalidOption."""
    given = vars(args)
    settings = {setting: given[name] for name, setting in _SETTINGS.items() if name in given}
    if "priority" in given:
        settings["priority"] = _PRIORITIES[args.priority]
    if "tls" in given and (args.tls or args.ca):
        settings["tls"] = TlsFiles(root_certificates=args.ca)
    return ClientSettings(**settings, **others)


def add_address(group: Group, whose: str = "") -> None:
    """`whose` begins the help text where the command has other addresses too."""
    group.add_argument(
        "--address",
        default=os.environ.get("ASR_ADDRESS", _DEFAULTS.address),
        metavar="HOST:PORT",
        help=f"{whose}or ASR_ADDRESS (%(default)s)",
    )


def add_priority(group: Group) -> None:
    group.add_argument(
        "--priority",
        choices=_PRIORITIES,
        default="interactive",
        help="bulk yields to interactive (%(default)s)",
    )


def deadline_argument(default: str) -> AddArgument:
    """`--deadline`; `default` names the seconds that hold without it."""

    def add(group: Group) -> None:
        group.add_argument("--deadline", type=float, metavar="S", help=f"for each segment ({default})")

    return add


def add_queue_timeout(group: Group) -> None:
    group.add_argument(
        "--queue-timeout",
        type=float,
        metavar="S",
        help="longest wait in the server's queue (server's default)",
    )


def concurrency_argument(what: str, default: int = _DEFAULTS.concurrency) -> AddArgument:
    """`--concurrency`, the segments of one call in flight at once; `what` begins the help text."""

    def add(group: Group) -> None:
        group.add_argument("--concurrency", type=int, default=default, help=f"{what} (%(default)s)")

    return add


def add_retries(group: Group) -> None:
    group.add_argument(
        "--retries", type=int, default=_DEFAULTS.retries, help="for each segment (%(default)s)"
    )
