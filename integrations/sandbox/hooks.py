"""Webhooks that simulators send: one row for each notification, with every try; sent outside the system's lock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from integrations.sandbox.kernel import Row, Store, iso, new_row

TABLE = "notifications"
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What is posted where. `copies` sends it more than once; `retries` is for answers that are not 2xx."""

    id: str
    url: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    copies: int = 1
    retries: int = 0
    retry_seconds: float = 1.0


def post(url: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    """POST JSON without following redirects: (status, error). Status 0 when no answer came."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=content, headers={"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status, ""
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error) or type(error).__name__
    finally:
        connection.close()


def send(
    store: Store, notification: Notification, *, company: str, at: datetime, then: Notification | None = None
) -> Row:
    """Write the notification down and send it in a thread of its own, and `then` after it. Answers its row."""
    rows = [(written(store, one, company=company, at=at), one) for one in (notification, then) if one is not None]
    threading.Thread(target=_deliver_all, args=(store, rows), daemon=True).start()
    return rows[0][0]


def written(store: Store, notification: Notification, *, company: str, at: datetime) -> Row:
    """The row of a notification: body, headers and tries, for the control API."""
    body = {
        "id": notification.id,
        "company": company,
        "url": notification.url,
        "content": notification.content.decode(),
        "headers": dict(notification.headers),
        "tries": [],
    }
    key = f"{store.next('notification'):06}/{notification.id}"
    return store.table(TABLE).add(new_row(key=key, body=body, received_at=at, _company=company))


def noted(store: Store, row: Row, status: int, error: str) -> None:
    """Add one try. The body is replaced as a whole, so that a reader never sees half of it."""
    tried = {"at": iso(datetime.now(UTC)), "status": status, "error": error}
    row["body"] = {**row["body"], "tries": [*row["body"]["tries"], tried]}
    store.touch()


def _deliver_all(store: Store, rows: list[tuple[Row, Notification]]) -> None:
    for row, notification in rows:
        _deliver(store, row, notification)


def _deliver(store: Store, row: Row, notification: Notification) -> None:
    for _copy in range(notification.copies):
        for attempt in range(1 + notification.retries):
            if attempt:
                time.sleep(notification.retry_seconds)
            status, error = post(notification.url, notification.content, notification.headers)
            noted(store, row, status, error)
            if 200 <= status < 300:
                break


def signature(content: bytes, secret: str, form: str) -> str:
    """HMAC-SHA256 over the raw body; `form` is hex, HEX, sha256=hex or base64. The secret is UTF-8."""
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    match form:
        case "hex":
            return digest.hex()
        case "HEX":
            return digest.hex().upper()
        case "sha256=hex":
            return f"sha256={digest.hex()}"
        case "base64":
            return base64.b64encode(digest).decode()
    raise ValueError(f"unknown signature form {form!r}; known: hex, HEX, sha256=hex, base64")
