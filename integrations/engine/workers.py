"""Who holds a lease, and whether they still live."""

from __future__ import annotations

import os
import socket
import threading
from functools import cache
from pathlib import Path


@cache
def host_name() -> str:
    """This host, as far as process ids reach: name and, on Linux, the process-id namespace (containers may share a host
    name)."""
    namespace = Path("/proc/self/ns/pid")
    try:
        return f"{socket.gethostname()}/{os.readlink(namespace)[5:-1]}"
    except OSError:
        return socket.gethostname()


def worker_name() -> str:
    """Host, process and thread."""
    return f"{host_name()}:{os.getpid()}:{threading.get_native_id()}"


def is_dead(worker: str) -> bool:
    """Whether a worker of this host is certainly gone: its process does not exist. Of other hosts nothing is known:
    False.

    A process id that was given to another process makes this False, and the lease is waited for.
    """
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != host_name() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
