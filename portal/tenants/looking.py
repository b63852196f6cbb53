"""Staff looking at a tenant's portal as its viewers see it: for half an hour, with a reason, in the audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

KEPT = "looks_at"
"""Where a session keeps which tenants are looked at, and until when."""
LASTS = dt.timedelta(minutes=30)


def begin(session: Any, slug: str) -> dt.datetime:
    """Lets this session look. The caller writes the audit trail. Returns until when."""
    until = timezone.now() + LASTS
    session[KEPT] = {**session.get(KEPT, {}), slug: until.isoformat()}
    return until


def until(session: Any, slug: str) -> dt.datetime | None:
    """Until when this session may look at the tenant; None: not, or not any more."""
    stated = session.get(KEPT, {}).get(slug)
    moment = dt.datetime.fromisoformat(stated) if stated else None
    return moment if moment is not None and moment > timezone.now() else None


def end(session: Any, slug: str) -> bool:
    """Ends it. Returns whether there was anything to end."""
    looks = dict(session.get(KEPT, {}))
    found = looks.pop(slug, None)
    session[KEPT] = looks
    return found is not None
