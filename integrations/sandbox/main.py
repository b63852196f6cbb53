"""Start the sandbox: options, state file, signals."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from integrations.sandbox.assembly import Sandbox, Settings
from integrations.sandbox.control import Control
from integrations.sandbox.server import SandboxServer, serving

DEFAULT_PORT = 8899
SAVE_INTERVAL_SECONDS = 1.0
TICK_SECONDS = 0.2


class StateFile:
    """The sandbox's memory on disk, written as a whole by temporary file and rename."""

    def __init__(self, path: Path, sandbox: Sandbox) -> None:
        self._path, self._sandbox = path, sandbox
        self._saved_version = -1
        self._lock = threading.Lock()

    def load(self) -> bool:
        """Take over the file if it is there. Raises msgspec.DecodeError when it is damaged."""
        if not self._path.exists():
            return False
        self._sandbox.load(msgspec.json.decode(self._path.read_bytes()))
        return True

    def save(self) -> str:
        """Write now; answers the path."""
        with self._lock:
            self._saved_version = self._sandbox.version()
            data = msgspec.json.encode(self._sandbox.dump())
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name, suffix=".part")
            with os.fdopen(handle, "wb") as part:
                part.write(data)
                part.flush()
                os.fsync(part.fileno())
            os.replace(name, self._path)
        return str(self._path)

    def save_if_changed(self) -> None:
        """Write when a store changed since the last time."""
        if self._sandbox.version() != self._saved_version:
            self.save()


@contextlib.contextmanager
def running(
    settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0, state: Path | None = None
) -> Iterator[SandboxServer]:
    """A served sandbox for the time of the block: `server.url`, `server.sandbox`. For tests and for `main`."""
    sandbox = Sandbox(settings)
    file = StateFile(state, sandbox) if state else None
    if file:
        file.load()
    with serving(sandbox, Control(sandbox, save=file.save if file else None), host=host, port=port) as server:
        stop = threading.Event()
        saver = threading.Thread(target=_save_regularly, args=(file, stop), daemon=True) if file else None
        if saver:
            saver.start()
        ticker = threading.Thread(target=_tick_regularly, args=(sandbox, stop), daemon=True)
        ticker.start()
        try:
            yield server
        finally:
            stop.set()
            ticker.join()
            if saver and file:
                saver.join()
                file.save_if_changed()


def _save_regularly(file: StateFile, stop: threading.Event) -> None:
    while not stop.wait(SAVE_INTERVAL_SECONDS):
        file.save_if_changed()


def _tick_regularly(sandbox: Sandbox, stop: threading.Event) -> None:
    systems = [system for system in sandbox.systems.values() if system.ticks_itself]
    while systems and not stop.wait(TICK_SECONDS):
        for system in systems:
            with sandbox.locks[system.name]:
                system.tick()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command-line options; the management command has the same."""
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--latency-ms", type=int, default=0, help="wait this long before every answer")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same world")
    parser.add_argument("--seed-size", type=int, default=1, help="multiplies the number of documents")
    parser.add_argument(
        "--on-cleo",
        type=int,
        default=0,
        help="put the first so many suppliers of each company on Cleo, and none on Orderful; 0 = a few on both",
    )
    parser.add_argument("--state", type=Path, default=None, help="file that keeps the state over restarts")
    parser.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="refuse calls without the right ipp-company-id, and updates without If-Match",
    )


def main(
    *,
    port: int = DEFAULT_PORT,
    host: str = "127.0.0.1",
    latency_ms: int = 0,
    seed: int = 1,
    seed_size: int = 1,
    on_cleo: int = 0,
    state: Path | None = None,
    strict: bool = True,
    **_unused: Any,
) -> int:
    """Serve until SIGTERM or SIGINT; prints the URL as soon as it listens. Answers the exit code."""
    settings = Settings(seed=seed, seed_size=seed_size, on_cleo=on_cleo, latency_ms=latency_ms, strict=strict)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(settings, host=host, port=port, state=state) as server:
        print(f"Sandbox at {server.url}/ (control: {server.url}/_control/)", flush=True)
        stop.wait()
    return 0


def run(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `python -m integrations.sandbox`."""
    parser = argparse.ArgumentParser(prog="sandbox", description="Simulators of the six systems over real HTTP.")
    add_arguments(parser)
    return main(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(run())
