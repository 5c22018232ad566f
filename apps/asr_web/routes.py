"""HTTP routes beside Gradio's: uploads, recordings, documents and static files.

All addresses of a browser tab begin with its key, which others cannot guess.
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
from asr_web.inbox import RefusalReason, UploadRefused
from asr_web.services import Services

_REFUSED_STATUS = {RefusalReason.TOO_LARGE: 413, RefusalReason.NO_SPACE: 507, RefusalReason.EMPTY: 400}
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(services: Services) -> list[Route]:
    """Routes that the page's scripts and links use."""
    files = _Files(services)
    return [
        Route("/desk/static/{name}", _static),
        Route("/desk/{key}/files", files.receive, methods=["POST"]),
        Route("/desk/{key}/files/{recording}", files.play),
        Route("/desk/{key}/batch/{kind}", files.batch_document),
        Route("/desk/{key}/{place}/{kind}", files.call_document),
        Route("/gradio_api/upload", _closed, methods=["POST"]),  # Gradio never removes such files
    ]


class _Files:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def receive(self, request: Request) -> Response:
        """Store an upload. Browsers let only this page send the header, so no other site can upload."""
        name = request.headers.get("x-file-name")
        if name is None or not KEY.fullmatch(request.path_params["key"]):
            return JSONResponse({"refused": "refused"}, 400)
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._services.settings.max_upload_bytes:
            with suppress(ClientDisconnect):
                await self._skip_body(request)
            return JSONResponse({"refused": RefusalReason.TOO_LARGE}, 413, {"Connection": "close"})
        try:
            recording = await self._services.inbox.receive(unquote(name), request.stream())
        except UploadRefused as refused:
            return JSONResponse({"refused": refused.reason}, _REFUSED_STATUS[refused.reason])
        except ClientDisconnect:
            return Response(status_code=400)
        self._services.desks.get(request.path_params["key"]).put(recording)
        return JSONResponse({"id": recording.id})

    async def _skip_body(self, request: Request) -> None:
        """Read the rest of a refused upload: a browser that still sends does not read the answer.

        Reading stops at twice the limit, whatever is left.
        """
        skipped = 0
        async for block in request.stream():
            skipped += len(block)
            if skipped > 2 * self._services.settings.max_upload_bytes:
                return

    async def play(self, request: Request) -> Response:
        """Send a recording, or the byte range that the browser asks for."""
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
        """Send the call of a tab in one of the formats."""
        desk, kind = self._desk(request), request.path_params["kind"]
        run = None if desk is None else desk.calls.get(request.path_params["place"])
        state = None if run is None else run.state
        if not isinstance(state, Finished) or kind not in KINDS:
            return Response(status_code=404)
        return _download(await run_in_threadpool(call_document, state, kind))

    async def batch_document(self, request: Request) -> Response:
        """Send the batch as a table, or as an archive of all its documents."""
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
