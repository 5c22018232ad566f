"""gRPC transport: unary ModelInfer calls to a Triton server. The only module that imports tritonclient."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import tritonclient.grpc as triton

from asr_client.errors import ClientClosed, InvalidOption, ServerUnavailable
from asr_client.requests.wire import INPUT, OUTPUT, Query
from asr_client.settings import ClientSettings, TlsFiles
from asr_client.transport import Failure, GrpcStatus, OnDone
from asr_types.reading import member_or_text

_LENGTH_BYTES = 4
_LOOPBACK = ("localhost", "127.", "[::1]")


class _Call:
    """A gRPC call in flight."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def cancel(self) -> None:
        """Give up the answer; the server frees its slot. Without effect once the call is over."""
        self._context.cancel()


class GrpcTransport:
    """One gRPC channel to one server. Thread-safe.

    One thread of its own starts all calls, for two reasons. tritonclient keeps the call it has just started
    in an attribute until it has attached the callback: with two threads, one could attach its callback to
    the other one's call. And a KeyboardInterrupt, which only the main thread gets, can interrupt gRPC before
    it has recorded the new call: closing the channel then waits forever.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._stub = triton.InferenceServerClient(settings.address, **_channel_options(settings))
        self._caller = ThreadPoolExecutor(1, thread_name_prefix="asr-client")

    def start(self, query: Query, timeout_s: float, on_done: OnDone) -> _Call:
        """As in `Transport.start`; `on_done` is called from a thread of gRPC's."""

        def finish(result: Any, error: Any) -> None:
            on_done(_failure(error) if error is not None else _document(result.get_response()))

        try:
            sending = self._caller.submit(lambda: _Call(self._send(query, timeout_s, finish)))
        except RuntimeError:
            raise ClientClosed("the client is closed") from None
        try:
            return sending.result()
        except CancelledError:
            raise ClientClosed("the client is closed") from None
        except BaseException:  # an interrupt: the caller will not get the call, so it is cancelled here
            sending.add_done_callback(_cancel_unclaimed)
            raise

    def check_reachable(self, timeout_s: float) -> None:
        """As in `Transport.check_reachable`."""
        try:
            self._stub.is_server_live(self._settings.headers, timeout_s)
        except triton.InferenceServerException as error:
            failure = _failure(error)
            raise ServerUnavailable(
                f"no server answers at {self._settings.address}: {failure.message}", failure.status
            ) from error

    def close(self) -> None:
        """Cancel what is in flight and give the connection back."""
        self._caller.shutdown(cancel_futures=True)
        self._stub.close()  # ends every call with CANCELLED

    def _send(self, query: Query, timeout_s: float, finish: Callable[[Any, Any], None]) -> Any:
        settings = self._settings
        audio = triton.InferInput(INPUT, [1, len(query.pcm)], "INT16")
        audio.set_data_from_numpy(np.ascontiguousarray(query.pcm)[None])
        queue_timeout = settings.queue_timeout_s
        return self._stub.async_infer(
            settings.model,
            [audio],
            finish,
            outputs=[triton.InferRequestedOutput(OUTPUT)],
            request_id=query.id,
            priority=settings.priority.value,
            timeout=None if queue_timeout is None else int(queue_timeout * 1e6),
            client_timeout=timeout_s,
            headers=settings.headers,
            parameters=query.parameters(),
        )


def _cancel_unclaimed(sending: Future[_Call]) -> None:
    if not sending.cancelled() and sending.exception() is None:
        sending.result().cancel()


def _document(response: Any) -> bytes | Failure:
    """The one BYTES element of RESULT: four bytes of length, then its content. Never raises."""
    contents = response.raw_output_contents
    names = [output.name for output in response.outputs]
    if names != [OUTPUT] or len(contents) != 1:
        return Failure(GrpcStatus.INTERNAL, f"the answer holds {names}; expected {OUTPUT}")
    length, document = contents[0][:_LENGTH_BYTES], contents[0][_LENGTH_BYTES:]
    if len(length) != _LENGTH_BYTES or int.from_bytes(length, "little") != len(document):
        return Failure(GrpcStatus.INTERNAL, f"{OUTPUT} is not one element of text")
    return bytes(document)


def _failure(error: Any) -> Failure:
    status = str(error.status() or GrpcStatus.UNKNOWN).removeprefix("StatusCode.")
    return Failure(member_or_text(GrpcStatus, status), str(error.message() or "no details"))


def _channel_options(settings: ClientSettings) -> dict[str, Any]:
    arguments: list[tuple[str, int]] = [
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
        # gRPC's own pause between connections grows to two minutes; the retries here decide instead.
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.min_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", 2000),
    ]
    if settings.address.startswith(_LOOPBACK):
        arguments.append(("grpc.enable_http_proxy", 0))  # http_proxy in the environment is for other hosts
    options: dict[str, Any] = {"channel_args": arguments}
    if settings.tls is not None:
        _check_readable(settings.tls)
        options |= {
            "ssl": True,
            "root_certificates": settings.tls.root_certificates,
            "private_key": settings.tls.private_key,
            "certificate_chain": settings.tls.certificate_chain,
        }
    return options


def _check_readable(tls: TlsFiles) -> None:
    for path in (tls.root_certificates, tls.private_key, tls.certificate_chain):
        try:
            if path is not None:
                path.open("rb").close()
        except OSError as error:
            raise InvalidOption(f"{path} cannot be read: {error.strerror}") from error
