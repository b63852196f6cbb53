"""A session that holds every answer of a simulator against the vendor's description, where there is one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.integrations.sandbox.spec import FILES, SPECS, check_response

UNDESCRIBED = {
    # Orderful: undocumented, from the changelog only, from an example only; items of a bucket are described by their
    # `delivery` alone; of the six shapes of an inbox's messages none has required members, so that no message ever
    # fits exactly one of them
    "orderful": r"/v2/.*|/v3/deliveries/[^/]+|/transactions/\d+/deliveries/[^/]+/approve|/v3/polling-buckets/\d+"
    r"|/inboxes/\d+/transactions",
    # Cleo: stand-ins for what is not public, and single resources that clients reach by links only
    "cleo": r"/api/(portal/)?(folders|files|events).*|/api/actions/[^/]+",
}


def require(name: str) -> Any:
    """A file of the vendor, or the end of the test: skipped on a desk, failed in CI."""
    if not (SPECS / name).exists():
        raise _missing(name)
    return json.loads((SPECS / name).read_text())


def require_folder(name: str) -> Path:
    """A folder beside the project, or the end of the test."""
    if not (SPECS.parent / name).is_dir():
        raise _missing(name)
    return SPECS.parent / name


def _missing(name: str) -> BaseException:
    outcome = pytest.fail if os.environ.get("CI") else pytest.skip
    return outcome.Exception(f"{name} does not stand in the folder {SPECS.parent.name} beside the project")


class Checked(requests.Session):
    """Paths are below the base URL of the system; `checked` are the operations that were compared."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.system = base, base.rpartition("/")[2]
        self.described = all((SPECS / name).exists() for name in FILES[self.system])
        self.checked: set[tuple[str, str, int]] = set()

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """As requests does, with a timeout, and a check of the answer."""
        kwargs.setdefault("timeout", 10)
        full = url if url.startswith("http") else self.base + url
        answer = super().request(method, full, *args, **kwargs)
        path = urlsplit(full.removeprefix(self.base)).path
        if self.described and answer.ok and not re.fullmatch(UNDESCRIBED[self.system], path):
            is_json = answer.headers.get("Content-Type", "").startswith("application/json")
            check_response(self.system, method, path, answer.status_code, answer.json() if is_json else None)
            self.checked.add((method, re.sub(r"\d{6,}", "{id}", path), answer.status_code))
        return answer
