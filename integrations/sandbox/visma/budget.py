"""The hourly allowance of calls per company and client: a fixed window that starts with its first call."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)


@dataclass(slots=True)
class Window:
    """One running window."""

    ends: datetime
    used: int = 0


class Budget:
    """Counts calls by (company, client, policy)."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, str], Window] = {}

    def window(self, key: tuple[str, str, str], now: datetime) -> Window:
        """The running window of `key`; a new one when the last is over."""
        window = self._windows.get(key)
        if window is None or now >= window.ends:
            window = self._windows[key] = Window(ends=now + WINDOW)
        return window

    def take(self, key: tuple[str, str, str], *, limit: int, now: datetime) -> bool:
        """Count a call; False when the allowance is used up (such calls are not counted)."""
        window = self.window(key, now)
        if window.used >= limit:
            return False
        window.used += 1
        return True

    def headers(self, key: tuple[str, str, str], *, limit: int, now: datetime) -> dict[str, str]:
        """The X-RateLimit headers; reset is in seconds."""
        window = self.window(key, now)
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(limit - window.used, 0)),
            "X-RateLimit-Reset": str(math.ceil((window.ends - now).total_seconds())),
            "X-RateLimit-Policy": key[2],
        }
