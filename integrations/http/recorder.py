"""Keeps what was said over HTTP, secrets masked, until the engine decides whether it is worth a row."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from integrations.models import Connection, Exchange, Run
from portal.common.redaction import MASK, mask_body, mask_headers, mask_url, scrub, spellings
from portal.common.secrets import SealedBytes, SealedBytesField

BODY_CAP = 64_000
"""Bytes of a body that are kept."""


@dataclass(slots=True)
class Recorded:
    """One HTTP request and its response in memory. Headers, URL and login bodies are masked when it is made."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: bytes = field(repr=False)
    started_at: dt.datetime
    effect: bool
    login: bool = False
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What must not be kept, wherever it stands."""
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: bytes = field(default=b"", repr=False)  # as it came: masked only in the row
    problem: str = ""
    milliseconds: int = 0

    @classmethod
    def begin(
        cls,
        *,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        started_at: dt.datetime,
        effect: bool,
        login: bool,
        secrets: Iterable[str],
    ) -> Recorded:
        kept = mask_body(body, headers.get("Content-Type", "")) if login else body
        secrets = frozenset(secrets)
        return cls(
            method=method,
            url=scrub(mask_url(url), secrets)[:2000],
            request_headers={k: scrub(v, secrets) for k, v in mask_headers(headers).items()},
            request_body=kept,
            started_at=started_at,
            effect=effect,
            login=login,
            secrets=secrets,
        )

    def answered(self, *, status: int, headers: dict[str, str], body: bytes, milliseconds: int) -> None:
        self.status, self.milliseconds = status, milliseconds
        self.response_headers = {k: scrub(v, self.secrets) for k, v in mask_headers(headers).items()}
        self.response_body = mask_body(body, headers.get("Content-Type", "application/json")) if self.login else body

    def slim(self) -> None:
        """Forgets the bodies of a plain read that went well."""
        if self.succeeded and not self.effect:
            self.request_body = self.response_body = b""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def row(self, connection: Connection, run: Run | None) -> Exchange:
        """The unsaved row. Bodies are kept for effects, read-backs and failures; of a successful plain read only that
        it happened."""
        whole = self.effect or not self.succeeded or run is None
        request, response = (self.request_body, self.response_body) if whole else (b"", b"")
        return Exchange(
            tenant_id=connection.tenant_id,
            connection=connection,
            run=run,
            method=self.method,
            url=self.url,
            request_headers=self.request_headers,
            request_body=self._kept(request),
            status=self.status,
            response_headers=self.response_headers,
            response_body=self._kept(response),
            truncated=len(request) > BODY_CAP or len(response) > BODY_CAP,
            request_sha256=self._hash(request),
            response_sha256=self._hash(response),
            problem=self.problem[:300],
            started_at=self.started_at,
            milliseconds=self.milliseconds,
        )

    def _hash(self, body: bytes) -> str:
        """Of the whole body as it went over the line: what stays when retention takes the body. None of a login's: it
        would be a hash of its secrets."""
        return "" if self.login or not body else hashlib.sha256(body).hexdigest()

    def _kept(self, body: bytes) -> SealedBytes | None:
        """What is kept of a body, sealed. Secrets are masked before it is cut: none may straddle the edge."""
        if not body:
            return None
        kept = body[: 2 * BODY_CAP]
        for secret in spellings(self.secrets):
            kept = kept.replace(secret.encode(), MASK.encode())
        return SealedBytesField.seal(kept[:BODY_CAP])
