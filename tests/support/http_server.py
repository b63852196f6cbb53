"""A web server that answers as a test says, or relays to another one and spoils the answer."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    """With its query."""
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Says:
    """One answer."""

    status: int = 200
    body: Any = None
    """Bytes as they are; anything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Answering = Callable[[Asked], Says]


@dataclass(slots=True)
class ScriptedServer:
    """Answers with `script`, first to last, and then as `otherwise` says."""

    url: str = ""
    script: list[Says | Answering] = field(default_factory=list)
    otherwise: Answering = lambda asked: Says(200, {})
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        says = self.script.pop(0) if self.script else self.otherwise
        return says if isinstance(says, Says) else says(asked)

    def to(self, path: str) -> list[Asked]:
        """The requests to a path."""
        return [a for a in self.asked if a.path.partition("?")[0] == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: ScriptedServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        says = self.scripted.answer(Asked(self.command, self.path, dict(self.headers), body))
        self.send_response(says.status)
        for name, value in says.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(says.bytes)))
        self.end_headers()
        self.wfile.write(says.bytes)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, *arguments: object) -> None:
        """Nothing on the console."""


@contextmanager
def serving(scripted: ScriptedServer, *, tls: Path | None = None) -> Iterator[ScriptedServer]:
    """The server at work for the time of the block. `tls`: a file with the key and the certificate to show."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": scripted}))
    server.daemon_threads = True
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scripted.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def relay(to: str, spoil: Callable[[Asked], Says | None]) -> Answering:
    """Passes everything on to another server. Where `spoil` has another answer, the request is passed on all the
    same, and its true answer is lost."""

    def answer(asked: Asked) -> Says:
        headers = {k: v for k, v in asked.headers.items() if k.lower() not in ("host", "content-length", "connection")}
        true = requests.request(asked.method, to + asked.path, data=asked.body, headers=headers, timeout=30)
        spoiled = spoil(asked)
        if spoiled is not None:
            return spoiled
        kept = {k: v for k, v in true.headers.items() if k.lower() in ("content-type", "date", "etag", "retry-after")}
        return Says(true.status_code, true.content, kept)

    return answer


DOWN = Says(500, b"<h1>Server Error</h1>", {"Content-Type": "text/html"})


def failing(to: str, spoilt: Callable[[Asked, Says], bool]) -> Answering:
    """Another server as it is, but for good answers that are spoilt: in their place, it fails."""
    true = relay(to, lambda asked: None)

    def answer(asked: Asked) -> Says:
        says = true(asked)
        return DOWN if says.status == 200 and spoilt(asked, says) else says

    return answer
