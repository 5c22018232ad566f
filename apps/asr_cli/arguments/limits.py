"""Arguments of the limits of a recording."""

from __future__ import annotations

import argparse

from asr_client.limits import AudioLimits

_DEFAULTS = AudioLimits()
_GB = 1e9
_HOUR_S = 3600.0


def add_limit_arguments(parser: argparse.ArgumentParser) -> None:
    """The group of limits. Error messages call a limit by the name of its argument."""
    limits = parser.add_argument_group("limits; a recording beyond them is refused")
    limits.add_argument(
        "--max-size",
        type=float,
        default=_DEFAULTS.max_bytes / _GB,
        metavar="GB",
        help="of the file (%(default)g)",
    )
    limits.add_argument(
        "--max-duration",
        type=float,
        default=_DEFAULTS.max_duration_s / _HOUR_S,
        metavar="H",
        help="hours (%(default)g)",
    )
    limits.add_argument(
        "--max-channels", type=int, default=_DEFAULTS.max_channels, metavar="N", help="(%(default)s)"
    )
    limits.add_argument(
        "--min-rate", type=int, default=_DEFAULTS.min_rate, metavar="HZ", help="sample rate (%(default)s)"
    )
    limits.add_argument(
        "--max-rate", type=int, default=_DEFAULTS.max_rate, metavar="HZ", help="sample rate (%(default)s)"
    )


def audio_limits(args: argparse.Namespace) -> AudioLimits:
    """The limits that the arguments stand for. Raises InvalidOption."""
    return AudioLimits(
        max_bytes=args.max_size * _GB,
        max_duration_s=args.max_duration * _HOUR_S,
        max_channels=args.max_channels,
        min_rate=args.min_rate,
        max_rate=args.max_rate,
    )
