"""Processes of a local installation: simulators, worker, web server. Each in its own group, with its log in var/log."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings
from django_scopes import scopes_disabled

from integrations.http import breaker
from integrations.models import Connection, Delivery, State
from portal.common.clock import db_now

DEMO_SECRETS = {
    "DEMO_PASSWORD": "look-around-2026",
}
"""Of the demo alone: its simulators hold nothing of anybody's."""

LOCAL_NETWORK = {
    "EGRESS_ALLOWED_NETWORKS": "127.0.0.0/8",
    "WORKERS": os.environ.get("WORKERS", "3"),
    "SIGN_UP": os.environ.get("SIGN_UP", "true"),
}
"""The simulators listen on this machine, which connections may not reach otherwise. Three processes use two cores. Who
looks around may begin with a company of their own."""


class StartFailed(Exception):
    """A process did not come up; says where its log is."""


@dataclass(slots=True)
class Process:
    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def runs(self) -> bool:
        return self.popen.poll() is None

    def stop(self, *, seconds: float = 20) -> None:
        """Asks the process to end, and ends its whole group if it does not: a dead main process leaves no workers
        behind."""
        if self.runs:
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@dataclass(slots=True)
class Local:
    """A context that stops whatever it started."""

    environment: dict[str, str] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)

    def __enter__(self) -> Local:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self.started):
            process.stop()

    def manage(self, name: str, *arguments: str) -> Process:
        """Starts `manage.py ARGUMENTS`."""
        return self.start(name, str(settings.BASE_DIR / "manage.py"), *arguments)

    def start(self, name: str, *arguments: str) -> Process:
        """Starts `python ARGUMENTS` in its own process group."""
        log = Path(settings.VAR_DIR) / "log" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            popen = subprocess.Popen(  # noqa: S603  (our own interpreter, our own command)
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                env={**os.environ, **self.environment},
            )
        process = Process(name, popen, log)
        self.started.append(process)
        return process

    def start_sandbox(self, *, port: int, state: Path | None, seed_size: float | None = None) -> Sandbox:
        """The simulators, listening."""
        arguments = ["sandbox", "--port", str(port)]
        if state is not None:
            arguments += ["--state", str(state)]
        if seed_size is not None:
            arguments += ["--seed-size", str(seed_size)]
        process = self.manage("sandbox", *arguments)
        sandbox = Sandbox(f"http://127.0.0.1:{port}", process)
        sandbox.wait_until_ready()
        return sandbox

    def start_worker(self) -> Process:
        return self.manage("worker", "qcluster")

    def start_web(self, *, port: int) -> Process:
        address = ("--bind", f"127.0.0.1:{port}")
        return self.start("web", "-m", "gunicorn", "portal.wsgi", *address, "--threads", "4", "--no-control-socket")


@dataclass(slots=True)
class Sandbox:
    """The running simulators."""

    url: str
    process: Process

    def wait_until_ready(self, *, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while True:
            try:
                self.call("GET", "/_control/")
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if not self.process.runs or time.monotonic() > until:
                    raise StartFailed(f"The simulators did not start; see {self.process.log}.") from None
                time.sleep(0.1)

    def state(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GET", "/_control/state")
        return answer

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  (our own simulators on this machine)
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # nosec B310
            return json.loads(answer.read() or b"null")


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else a free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise StartFailed("No free port was found.")


def allow_simulators() -> None:
    """Lets later commands of this installation (`sync`, `doctor`) reach the simulators too, and has them called at
    once: an earlier demo may have ended while its simulators were gone."""
    (Path(settings.VAR_DIR) / "egress-allowed").write_text(LOCAL_NETWORK["EGRESS_ALLOWED_NETWORKS"] + "\n")
    settings.EGRESS_ALLOWED_NETWORKS = [LOCAL_NETWORK["EGRESS_ALLOWED_NETWORKS"]]
    with scopes_disabled():
        for connection in Connection.objects.filter(settings__base_url__startswith="http://127.0.0.1"):
            breaker.reset(connection)
        Delivery.objects.filter(state=State.PENDING, not_before__gt=db_now()).update(not_before=db_now())


def demo_environment(sandbox_url: str) -> dict[str, str]:
    """What `demo/tenants.yaml` refers to. Secrets that the caller has set win."""
    return {"SANDBOX_URL": sandbox_url, **{k: os.environ.get(k, v) for k, v in DEMO_SECRETS.items()}}
