"""Strands: processes that run flows side by side, each with simulators and databases of its own."""

from __future__ import annotations

import multiprocessing.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.crash.databases import Databases

_kit: Any = None
_news: Any = None


def set_up(folder: Path) -> None:
    """Django with keys and files of its own. On PostgreSQL the databases stand beside the one that DATABASE_URL
    names; else they are files of the folder."""
    import django
    from cryptography.fernet import Fernet

    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'none.sqlite3'}"
    os.environ.setdefault("SECRET_KEY", "of the crash kit alone, and long enough for everybody")
    os.environ.setdefault("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode())
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "VAR_DIR": str(folder),
        "EPOCH_FILE": str(folder / "epoch"),
        "EGRESS_ALLOWED_NETWORKS": "127.0.0.0/8",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "CRITICAL"),
    }
    django.setup()


def databases(folder: Path, base: str = "") -> Databases:
    """Databases of this process alone. `base` is the one that DATABASE_URL names."""
    from django.db import connection

    from tests.crash.databases import Databases

    base = base or str(connection.settings_dict["NAME"])
    return Databases(folder, base, f"{Path(base).stem}_{os.getpid()}")


def open_strand(folder: Path, base: str, news: Any) -> None:
    """Sets this process up as a strand: simulators, an empty database, hooks."""
    global _kit, _news
    own = folder / f"strand-{os.getpid()}"
    own.mkdir()
    set_up(own)
    import django_q.tasks  # noqa: F401
    from django.core.management import call_command

    from integrations.flows.registry import all_flows
    from integrations.management.local import Local
    from tests.crash import points
    from tests.crash.kit import Kit
    from tests.crash.processes import in_child
    from tests.support.simulators import Simulators

    points.install()
    all_flows()  # what a worker would load when it starts is loaded once, here
    local = Local()
    multiprocessing.util.Finalize(None, local.__exit__, (None, None, None), exitpriority=10)
    mine = databases(own, base)
    multiprocessing.util.Finalize(None, mine.drop, ("empty", "begin", "work"), exitpriority=20)
    mine.make("empty")
    mine.use("empty")
    in_child(lambda: call_command("migrate", verbosity=0))
    _kit, _news = Kit(Simulators.start(local), mine, own), news


def run_flow(flow: str, every: int) -> dict[str, Any]:
    """Runs one flow in this strand's process."""
    from tests.support.stories import STORIES

    result = _kit.run(flow, STORIES[flow], every=every, told=lambda done, of: _news.put((flow, done, of)))
    return {"flow": flow, "points": result.points, "problems": result.problems, "passed": result.passed}
