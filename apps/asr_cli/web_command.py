"""Serve the web desk: record, upload and batch calls in a browser, and watch the server.

The page needs a running server (`asr serve`); it waits for one that is not there yet. It listens on this
machine only unless --host says otherwise; it asks nobody for a password, so put a proxy that does in front
before others can reach it. Recordings are kept in a temporary folder while their browser tab is open.

Exit status: 0 after a clean end, 1 when the page cannot be served, 2 wrong usage or unusable rules.

examples:
  asr web
  asr web --address asr.internal:8001 --metrics asr.internal:8002 --port 8080
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import signal
from pathlib import Path

from asr_cli.arguments.server import add_address, server_settings
from asr_cli.standard_error import print_verbatim
from asr_client import ClientError
from asr_web.settings import LANGUAGES, WebSettings
from call_analysis import RulesError

_DEFAULTS = WebSettings()

if importlib.util.find_spec("gradio") is None:  # importing it takes seconds, too long for --help
    raise ModuleNotFoundError("No module named 'gradio'", name="gradio")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `asr web`."""
    parser.add_argument("--host", default=_DEFAULTS.host, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=_DEFAULTS.port, help="0 picks a free one (%(default)s)")
    add_address(parser, whose="of the server, ")
    parser.add_argument(
        "--metrics",
        default=_DEFAULTS.metrics_address,
        metavar="HOST:PORT",
        help="of the server's metrics page (%(default)s)",
    )
    parser.add_argument("--rules", type=Path, metavar="FILE", help="rules to use instead of the default ones")
    parser.add_argument(
        "--language",
        choices=LANGUAGES,
        default=_DEFAULTS.language,
        help="where a browser prefers neither (%(default)s)",
    )
    parser.add_argument(
        "--max-upload-mb", type=int, default=_DEFAULTS.max_upload_mb, metavar="MB", help="(%(default)s)"
    )
    parser.add_argument(
        "--max-batch-files", type=int, default=_DEFAULTS.max_batch_files, metavar="N", help="(%(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit status."""
    from asr_web.server import WebError, WebServer

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio would report its use to its makers
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with WebServer(_settings(args)) as server:
            print(f"ready   {server.url}\nserver  {args.address}\nCtrl-C ends it.", flush=True)
            server.wait()
    except (ClientError, RulesError, ValueError) as error:
        print_verbatim("web", error)
        return 2
    except WebError as error:
        print_verbatim("web", error)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _settings(args: argparse.Namespace) -> WebSettings:
    return WebSettings(
        host=args.host,
        port=args.port,
        client=server_settings(args),
        metrics_address=args.metrics,
        rules=args.rules,
        language=args.language,
        max_upload_mb=args.max_upload_mb,
        max_batch_files=args.max_batch_files,
    )
