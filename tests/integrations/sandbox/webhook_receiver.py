"""A web server that notes what is posted to it, for tests of webhooks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(slots=True)
class Receiver:
    """`url` and what came: (headers with lower-case names, raw body). Answers `statuses` in turn, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def note(self, headers: dict[str, str], body: bytes) -> int:
        """One more; answers the status to give."""
        with self._arrived:
            self.came.append((headers, body))
            self._arrived.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def wait(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """Everything that came, as soon as it is at least `count`."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.came) >= count, timeout=30), self.came
            return list(self.came)


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A running receiver for the time of the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = receiver.note({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            """Repeats a challenge, as receivers of Adobe's I/O Events must."""
            answer = parse_qs(urlsplit(self.path).query).get("challenge", [""])[0].encode()
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/abc?x=1"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
