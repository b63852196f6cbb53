"""A restored database talks to nobody until somebody has accepted it."""

from __future__ import annotations

import datetime as dt

from integrations.http.errors import Paused
from portal.common.clock import db_now
from portal.common.installation import epoch_matches


def check() -> None:
    """Raises Paused in a database that was restored from a backup. It would send again what was sent since; and what an
    inbox confirms is gone from it, so that a copy of the database must not even read."""
    if not epoch_matches():
        raise Paused(
            "This database was restored from a backup: nothing is read or sent until it is accepted. See 'After a "
            "restore' in docs/operating.md.",
            retry_at=db_now() + dt.timedelta(minutes=1),
        )
