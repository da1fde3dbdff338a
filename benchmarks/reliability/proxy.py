"""A proxy before a real S3 server that fails a share of the requests, in one way at a time."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

#: Seconds for which a request hangs; the client waits `READ_TIMEOUT`.
HANGS, READ_TIMEOUT = 1.0, 0.4
#: Headers that belong to one connection.
OWN = frozenset({"connection", "expect", "transfer-encoding", "keep-alive"})


@dataclass(frozen=True)
class Fault:
    """One way to fail. `lasting`: no retry helps, so a run ends with an error that says what to do.

    `methods`: of which requests; all if empty. `how`: an answer with `status` and `code` instead of the server's, or
    what happens to the connection. `done`: the server has carried the request out by then.
    """

    name: str
    how: Literal["answer", "reset", "half", "hang"] = "answer"
    status: int = 0
    code: str = ""
    methods: frozenset[str] = frozenset()
    conditional: bool = False
    done: bool = False
    lasting: bool = False


_PUT = frozenset({"PUT"})
FAULTS = (
    Fault("500 InternalError", status=500, code="InternalError"),
    Fault("503 SlowDown", status=503, code="SlowDown"),
    Fault("no answer (timeout)", "hang"),
    Fault("reset before an answer", "reset"),
    Fault("reset after it was done", "reset", done=True),
    Fault("reset in mid-body", "half"),
    Fault("409 of another writer", status=409, code="ConditionalRequestConflict", methods=_PUT, conditional=True),
    Fault("412 of one's own lost write", status=412, code="PreconditionFailed", conditional=True, done=True),
    Fault("400 ExpiredToken", status=400, code="ExpiredToken", lasting=True),
    Fault("403 RequestTimeTooSkewed", status=403, code="RequestTimeTooSkewed", lasting=True),
    Fault("400 EntityTooLarge", status=400, code="EntityTooLarge", methods=_PUT, lasting=True),
    Fault("507 InsufficientStorage (disk full)", status=507, code="InsufficientStorage", methods=_PUT, lasting=True),
)


@dataclass
class Proxy:
    """Where it listens, what it does to a share of the requests, and to how many it did. `faults` empty: nothing."""

    endpoint: str
    faults: tuple[Fault, ...] = ()
    share: float = 0.2
    requests: int = 0
    failed: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - which requests fail
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, method: str, headers: Mapping[str, str]) -> Fault | None:
        """The fault of this request, or none."""
        with self.lock:
            self.requests += 1
            if not self.faults:
                return None
            fault = self.chance.choice(self.faults)
            conditional = any(name.lower() in {"if-match", "if-none-match"} for name in headers)
            meant = (not fault.methods or method in fault.methods) and (conditional or not fault.conditional)
            if not meant or self.chance.random() >= self.share:
                return None
            self.failed += 1
            return fault

    def counted(self) -> tuple[int, int]:
        """Requests and failed ones since the last time."""
        with self.lock:
            found = self.requests, self.failed
            self.requests = self.failed = 0
        return found


@contextmanager
def proxied(backend: str) -> Iterator[Proxy]:
    """A proxy on loopback before the server at `backend` (http://host:port)."""
    host = backend.removeprefix("http://")
    proxy = Proxy("")

    class Handler(_Handler):
        pass

    Handler.proxy, Handler.backend = proxy, host
    with _Server(("127.0.0.1", 0), Handler) as server:
        proxy.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, as those do whose requests we fail."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    backend: str

    def do_any(self) -> None:
        """Forward the request, or fail it."""
        fault = self.proxy.fault(self.command, self.headers)
        length = int(self.headers.get("Content-Length") or 0)
        if fault is not None and fault.how == "half" and length > 1:
            self.rfile.read(length // 2)
            return self._reset()
        body = self.rfile.read(length)
        if fault is None:
            return self._answer(*self._forward(body))
        if fault.how == "half":
            status, headers, answer = self._forward(body)
            self._answer(status, headers, answer[: len(answer) // 2], promised=len(answer))
            return self._reset()
        if fault.done:
            status, _, _ = self._forward(body)
        if fault.how == "hang":
            time.sleep(HANGS)
        if fault.how != "answer":
            return self._reset()
        error = f"<Error><Code>{fault.code}</Code><Message>as asked</Message></Error>".encode()
        return self._answer(fault.status, [("Content-Type", "application/xml")], error)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_any  # noqa: N815 - http.server's names

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.backend, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in OWN:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, promised: int | None = None) -> None:
        self.send_response_only(status)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        for name, value in headers:
            if name.lower() not in OWN | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(promised or len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _reset(self) -> None:
        """End the connection by a reset, not by an orderly close."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Nothing: thousands of requests."""

    log_error: Callable[..., None] = log_message
