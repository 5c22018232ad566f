"""Addresses beside Gradio's: files in, recordings and documents out, the style.

Everything of a browser tab lies under its key, which nobody else can guess.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from urllib.parse import quote, unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from asr_client import ClientError
from asr_web.batch.downloads import KINDS, Document, batch_archive, batch_table_document, call_document
from asr_web.call.call_run import CallRun, Finished
from asr_web.call.playback import playable
from asr_web.desks import KEY, Desk
from asr_web.inbox import UploadRefused
from asr_web.services import Services

_REFUSED_STATUS = {"too_large": 413, "no_space": 507, "empty": 400}
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(services: Services) -> list[Route]:
    """What the page's script and links use."""
    files = _Files(services)
    return [
        Route("/desk/static/{name}", _static),
        Route("/desk/{key}/files", files.receive, methods=["POST"]),
        Route("/desk/{key}/files/{recording}", files.play),
        Route("/desk/{key}/batch/{kind}", files.batch_document),
        Route("/desk/{key}/{place}/{kind}", files.call_document),
        Route("/gradio_api/upload", _closed, methods=["POST"]),  # would keep files where nobody removes them
    ]


class _Files:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def receive(self, request: Request) -> Response:
        """Take an upload. Browsers send the header only from this page itself: no other site may upload."""
        name = request.headers.get("x-file-name")
        if name is None or not KEY.fullmatch(request.path_params["key"]):
            return JSONResponse({"refused": "refused"}, 400)
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._services.settings.max_upload_bytes:
            with suppress(ClientDisconnect):
                await self._skip_body(request)
            return JSONResponse({"refused": "too_large"}, 413, {"Connection": "close"})
        try:
            recording = await self._services.inbox.receive(unquote(name), request.stream())
        except UploadRefused as refused:
            return JSONResponse({"refused": refused.reason}, _REFUSED_STATUS[refused.reason])
        except ClientDisconnect:
            return Response(status_code=400)
        self._services.desks.get(request.path_params["key"]).put(recording)
        return JSONResponse({"id": recording.id})

    async def _skip_body(self, request: Request) -> None:
        """Whoever still sends would not read the answer; what is much too large is cut off all the same."""
        skipped = 0
        async for block in request.stream():
            skipped += len(block)
            if skipped > 2 * self._services.settings.max_upload_bytes:
                return

    async def play(self, request: Request) -> Response:
        """A recording, in parts where the browser asks for parts."""
        desk = self._desk(request)
        wanted = request.path_params["recording"]
        run = next((run for run in _runs(desk) if run.recording.id == wanted), None)
        if run is None:
            return Response(status_code=404)
        try:
            path, media_type = await run_in_threadpool(playable, run.recording)
            return FileResponse(path, media_type=media_type, headers=_PRIVATE)
        except (ClientError, OSError):
            return Response(status_code=404)

    async def call_document(self, request: Request) -> Response:
        """The call of a tab in one of the formats."""
        desk, kind = self._desk(request), request.path_params["kind"]
        run = None if desk is None else desk.calls.get(request.path_params["place"])
        state = None if run is None else run.state
        if not isinstance(state, Finished) or kind not in KINDS:
            return Response(status_code=404)
        return _download(await run_in_threadpool(call_document, state, kind))

    async def batch_document(self, request: Request) -> Response:
        """The batch as a table, or everything in it."""
        desk = self._desk(request)
        writers: dict[str, Callable[[list[CallRun]], Document]] = {
            "csv": batch_table_document,
            "zip": batch_archive,
        }
        write = writers.get(request.path_params["kind"])
        if desk is None or write is None:
            return Response(status_code=404)
        return _download(await run_in_threadpool(write, list(desk.batch.runs)))

    def _desk(self, request: Request) -> Desk | None:
        return self._services.desks.find(request.path_params["key"])


def _closed(_: Request) -> Response:
    return Response(status_code=404)


def _runs(desk: Desk | None) -> list[CallRun]:
    return [] if desk is None else [*desk.calls.values(), *desk.batch.runs]


def _download(document: Document) -> Response:
    name = quote(document.name, safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", **_PRIVATE}
    return Response(document.content, media_type=document.media_type, headers=headers)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    file = resources.files("asr_web").joinpath("static", name)
    if "/" in name or not file.is_file():
        return Response(status_code=404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": "no-cache"})
