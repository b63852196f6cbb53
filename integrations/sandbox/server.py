"""HTTP/1.1 in front of the sandbox: keep-alive, one write per answer, latency, and faults on the socket itself."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from integrations.sandbox.assembly import Outcome, Sandbox
from integrations.sandbox.faults import Fault
from integrations.sandbox.kernel import Request, json_reply, reply_bytes

if TYPE_CHECKING:
    from integrations.sandbox.control import Control

IDLE_CONNECTION_SECONDS = 75
SLOW_PIECES = 40


class SandboxServer(ThreadedWSGIServer):
    """A thread per connection. Port 0 takes a free one; `url` tells which."""

    daemon_threads = True

    def __init__(self, sandbox: Sandbox, control: Control, *, host: str, port: int) -> None:
        self.sandbox, self.control = sandbox, control
        super().__init__(host, port, app=cast(Any, None), handler=_Handler)

    @property
    def url(self) -> str:
        """ "http://127.0.0.1:8899", without a slash at the end."""
        return f"http://{self.host}:{self.port}"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_CONNECTION_SECONDS
    server: SandboxServer

    def run_wsgi(self) -> None:
        """Answer one request; called by http.server for every method."""
        request = Request(self.make_environ())
        request.get_data()
        sandbox = self.server.sandbox
        first = request.raw_path.lstrip("/").partition("/")[0]
        if first in sandbox.systems:
            request.system = first
            if sandbox.settings.latency_ms:
                time.sleep(sandbox.settings.latency_ms / 1000)
            self._deliver(request, sandbox.handle(request))
        elif first == "_control":
            request.system = first
            self._deliver(request, _outcome(self.server.control.handle(request)))
        else:
            known = ", ".join(f"/{name}/" for name in [*sandbox.systems, "_control"])
            self._deliver(request, _outcome(json_reply(404, {"message": f"No system here. There are {known}"})))

    def _deliver(self, request: Request, outcome: Outcome) -> None:
        fault = outcome.fault
        match fault.fault if fault else None:
            case "reset" | "reset_after" | "commits_late":
                self._reset()
            case "timeout_before" | "timeout_after":
                self._hold(cast(Fault, fault).seconds)
            case "slow":
                self._drip(self._encode(request, outcome), cast(Fault, fault).seconds)
            case _:
                self.wfile.write(self._encode(request, outcome))

    def _encode(self, request: Request, outcome: Outcome) -> bytes:
        bodiless = outcome.status in {204, 304} or outcome.status < 200
        headers = {"Date": formatdate(self.server.sandbox.now().timestamp(), usegmt=True), **outcome.headers}
        if not bodiless:
            headers["Content-Length"] = str(len(outcome.body))
        if self.close_connection:
            headers["Connection"] = "close"
        try:
            phrase = HTTPStatus(outcome.status).phrase
        except ValueError:
            phrase = "Unknown"
        head = [f"HTTP/1.1 {outcome.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        body = b"" if bodiless or request.method == "HEAD" else outcome.body
        return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + body

    def _reset(self) -> None:
        """Close with RST: linger 0, and past the shutdown that would send FIN first."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _hold(self, seconds: float) -> None:
        """Say nothing until the time is over or the peer has left, then close."""
        self.close_connection = True
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.5))
            if readable:
                try:
                    gone = self.connection.recv(1, socket.MSG_PEEK) == b""
                except OSError:
                    return
                if gone:
                    return
                time.sleep(0.05)

    def _drip(self, data: bytes, seconds: float) -> None:
        """Send in small pieces, so that every single read succeeds but the whole takes long."""
        step = max(1, len(data) // SLOW_PIECES)
        pause = seconds / SLOW_PIECES
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            time.sleep(pause)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing on the console: the request log of the control API has everything."""


def _outcome(reply: Any) -> Outcome:
    body, headers = reply_bytes(reply)
    return Outcome(reply.status, body, headers)


@contextmanager
def serving(sandbox: Sandbox, control: Control, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[SandboxServer]:
    """Serve in a background thread for the time of the block."""
    server = SandboxServer(sandbox, control, host=host, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
