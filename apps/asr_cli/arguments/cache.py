"""Arguments of the cache of transcripts."""

from __future__ import annotations

import argparse
from pathlib import Path

from asr_cli.arguments.value_type import value_type
from asr_client import AsrClient
from asr_client.cache.client import CachedClient, CacheMode
from asr_client.cache.entries import Entries
from asr_types.cache_folder import transcript_cache_folder


def add_cache_arguments(parser: argparse.ArgumentParser) -> None:
    """The group "the cache of transcripts". The cache is off by default, because it holds what was said."""
    cache = parser.add_argument_group("the cache of transcripts")
    cache.add_argument(
        "--cache",
        choices=["off", *(mode.value for mode in CacheMode)],
        default="off",
        help="refresh transcribes anew and keeps that (%(default)s)",
    )
    cache.add_argument(
        "--cache-dir", type=Path, default=transcript_cache_folder(), metavar="DIR", help="(%(default)s)"
    )
    cache.add_argument(
        "--cache-size", type=value_type(_size), default=2.0, metavar="GB", help="(%(default)s)"
    )


def cached_client(client: AsrClient, args: argparse.Namespace) -> CachedClient | None:
    """The client behind its cache; None for `--cache off`."""
    if args.cache == "off":
        return None
    return CachedClient(client, Entries(args.cache_dir, int(args.cache_size * 1e9)), CacheMode(args.cache))


def _size(text: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise ValueError(f"{text!r} is no number above 0")
    return size
