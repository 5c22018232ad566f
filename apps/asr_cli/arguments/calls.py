"""Arguments of the calls: what is known about a recording, and what is done to its samples and its text."""

from __future__ import annotations

import argparse
from pathlib import Path

from asr_cli.arguments.server import AddArgument, Group
from asr_cli.arguments.value_type import value_type
from asr_client.conditioning import Conditioning
from asr_client.speakers import SpeakerTurn
from asr_client.turns_file import read_turns
from asr_types.roles import parse_channel_roles, parse_speaker_roles
from asr_types.timestamp import is_iso_8601
from asr_types.transcript import CallMetadata


def add_call_arguments(parser: argparse.ArgumentParser, *arguments: AddArgument) -> None:
    """The group "the calls" with these arguments."""
    group = parser.add_argument_group("the calls")
    for add in arguments:
        add(group)


def add_language(group: Group) -> None:
    group.add_argument("--language", help="code or name; without it the model decides for each segment")


def add_context(group: Group) -> None:
    group.add_argument("--context", default="", metavar="TEXT", help="names and terms to expect")


def add_roles(group: Group) -> None:
    group.add_argument(
        "--roles",
        type=value_type(parse_channel_roles),
        metavar="ROLE,ROLE",
        help="role of each channel (agent,customer)",
    )


def written_argument(what: str) -> AddArgument:
    """`--written`; `what` begins its help text."""

    def add(group: Group) -> None:
        group.add_argument("--written", action="store_true", help=f"{what}: numbers in figures")

    return add


def conditioning_arguments(
    offset: str = "take a recorder's DC out", level: str = "bring speech to -20 dBFS"
) -> AddArgument:
    """`--remove-offset` and `--normalise-level`, with these help texts."""

    def add(group: Group) -> None:
        group.add_argument("--remove-offset", action="store_true", help=offset)
        group.add_argument("--normalise-level", action="store_true", help=level)

    return add


def conditioning(args: argparse.Namespace) -> Conditioning:
    return Conditioning(args.remove_offset, args.normalise_level)


def add_turns(group: Group) -> None:
    group.add_argument(
        "--turns", type=Path, metavar="FILE", help="who speaks when in a single channel: RTTM or JSON"
    )
    group.add_argument(
        "--speakers",
        type=value_type(parse_speaker_roles),
        default={},
        metavar="NAME=ROLE,…",
        help="roles of the speakers in --turns",
    )


def speaker_turns(args: argparse.Namespace) -> tuple[SpeakerTurn, ...] | None:
    """The turns in the file of `--turns`; None where it is not given. Raises InvalidOption."""
    return read_turns(args.turns, args.speakers) if args.turns else None


def add_metadata(group: Group) -> None:
    group.add_argument(
        "--call-id", default="", help="for a single file; default: its name without the ending"
    )
    group.add_argument("--agent-id", help="who answered")
    group.add_argument("--customer-id", help="who called")
    group.add_argument("--started-at", type=value_type(_timestamp), help="ISO 8601 date and time")


def call_metadata(args: argparse.Namespace) -> CallMetadata:
    return CallMetadata(
        call_id=args.call_id,
        agent_id=args.agent_id,
        customer_id=args.customer_id,
        started_at=args.started_at,
    )


def _timestamp(text: str) -> str:
    if not is_iso_8601(text):
        raise ValueError(f"{text!r} is not an ISO 8601 date and time")
    return text
