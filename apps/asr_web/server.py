"""Web server: Gradio and the routes beside it in one process, with the services behind them."""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from asr_web.call.call_run import Transcriber
from asr_web.desks import Desks
from asr_web.inbox import Inbox
from asr_web.page.page import Page, page_look
from asr_web.routes import routes
from asr_web.services import Services
from asr_web.settings import WebSettings
from asr_web.system.metrics_history import MetricsHistory
from asr_web.system.metrics_reader import read_sample
from asr_web.workspace import workspace
from call_analysis import load_rules

_SWEEP_EVERY_S = 30.0
_LOOPBACK_NAMES = ["localhost", "127.0.0.1", "::1", "[::1]"]

_log = logging.getLogger(__name__)


class WebError(Exception):
    """The page cannot be served; the message says why."""


class WebServer:
    """Context manager that serves the page. Entering it raises WebError or RulesError."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self._stack = ExitStack()
        self._ended = threading.Event()
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Address of the page."""
        assert self._socket is not None
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"http://{host}:{self._socket.getsockname()[1]}/"

    def __enter__(self) -> WebServer:
        with ExitStack() as stack:
            self._socket = stack.enter_context(_listen(self.settings))
            services = self._services(stack.enter_context(workspace()), stack)
            server = uvicorn.Server(_config(_app(services)))
            thread = threading.Thread(target=server.run, args=([self._socket],), name="asr-web")
            thread.start()
            stack.callback(_end, server, thread)
            _wait_until_started(server, thread)
            self._stack = stack.pop_all()
        return self

    def wait(self) -> None:
        """Block until the context is left in another thread, or until KeyboardInterrupt."""
        self._ended.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._stack.close()

    def _services(self, folder: Path, stack: ExitStack) -> Services:
        settings = self.settings
        transcriber = Transcriber(
            settings.client, load_rules(settings.rules), settings.num_interactive, settings.num_bulk
        )
        stack.callback(transcriber.close)
        desks = Desks(transcriber, settings.max_batch_files, settings.keep_s)
        stack.callback(desks.close)
        history = MetricsHistory(lambda: read_sample(settings.metrics_address, time.monotonic()))
        history.start()
        stack.callback(history.close)
        sweeper = threading.Thread(target=self._sweep, args=(desks,), name="asr-web-sweep", daemon=True)
        sweeper.start()
        return Services(settings, Inbox(folder, settings.max_upload_bytes), desks, history)

    def _sweep(self, desks: Desks) -> None:
        while not self._ended.wait(_SWEEP_EVERY_S):
            desks.sweep()


def _app(services: Services) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, routes=list(routes(services)))
    if services.settings.is_loopback:  # refuse foreign names that point here (DNS rebinding)
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK_NAMES)
    page = Page(services).blocks
    page.queue(default_concurrency_limit=None, max_size=1000, api_open=False)
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        **page_look(),
    )


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise WebError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        thread.join(0.02)
        if not thread.is_alive():
            raise WebError("the page could not be started; the log says why")


def _end(server: uvicorn.Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join()
