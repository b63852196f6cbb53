"""What was said in a story, checked: by the connector's own records and by the simulators' logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django_scopes import scopes_disabled

from integrations.models import Attempt, Connection, Delivery, Exchange, Feed, Issue, Run
from portal.audit.models import AuditEvent
from portal.common.redaction import MASK
from tests.support.simulators import Simulators
from tests.support.world import PASSWORD

TOKEN_PATH = "/connect/token"


@dataclass(slots=True)
class Heard:
    """All stories of a run together."""

    exchanges: Counter[str] = field(default_factory=Counter)
    """Recorded exchanges, by system and method."""
    requests: Counter[str] = field(default_factory=Counter)
    """What the simulators were asked, by system and method."""
    secrets: set[str] = field(default_factory=lambda: {PASSWORD})
    """Every credential and every token that was used."""

    def listen(self, simulators: Simulators, logs: Path) -> list[str]:
        """Takes in what was said since the last reset. Returns what should not have been, a sentence each."""
        asked = simulators.requests(bodies=True)
        with scopes_disabled():
            connections = list(Connection.objects.all())
            self.secrets |= {str(v) for c in connections for v in c.secrets.values()}
            self.secrets |= {token for token in map(_token, asked) if token}
            return [*self._asked(asked, connections), *self._recorded(), *self._leaks(logs)]

    def _asked(self, asked: list[dict[str, Any]], connections: list[Connection]) -> Iterator[str]:
        companies = {c.settings["company_id"] for c in connections if c.system == "visma"}
        for entry in asked:
            self.requests[f"{entry['system']} {entry['method']}"] += 1
            if entry["system"] != "visma" or entry["path"].endswith(TOKEN_PATH):
                continue
            what = f"{entry['method']} {entry['path']}"
            if entry["headers"].get("ipp-company-id") not in companies:
                yield f"{what} named the company {entry['headers'].get('ipp-company-id')!r}."
            if not _token(entry):
                yield f"{what} carried no bearer token."
            if entry["method"] == "PUT" and not entry["headers"].get("if-match"):
                yield f"{what} had no If-Match."

    def _recorded(self) -> Iterator[str]:
        for row in Exchange.objects.select_related("connection"):
            self.exchanges[f"{row.connection.system} {row.method}"] += 1
            if row.connection.system != "visma" or TOKEN_PATH in row.url:
                continue
            headers = {name.lower(): value for name, value in row.request_headers.items()}
            if headers.get("ipp-company-id") != row.connection.settings["company_id"]:
                yield f"{row} was recorded without its company."
            if headers.get("authorization") != MASK:
                yield f"{row} was recorded with the authorization {headers.get('authorization')!r}."
            if row.method == "PUT" and not headers.get("if-match"):
                yield f"{row} was recorded without If-Match."

    def _leaks(self, logs: Path) -> Iterator[str]:
        for where, text in (*_kept(), *_logged(logs)):
            for secret in self.secrets:
                if secret in text:
                    yield f"{where} holds the secret {secret[:4]}…"


def _token(entry: dict[str, Any]) -> str:
    kind, _, token = entry["headers"].get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def _kept() -> Iterator[tuple[str, str]]:
    """Everything in the database that people read."""
    for exchange in Exchange.objects.all():
        bodies = b" ".join(bytes(b) for b in (exchange.request_body, exchange.response_body) if b)
        headers = f"{exchange.request_headers} {exchange.response_headers}"
        yield f"Exchange {exchange}", f"{exchange.url} {headers} {exchange.problem} {bodies.decode('utf-8', 'replace')}"
    for line in AuditEvent.objects.all():
        yield f"Audit line {line}", f"{line.summary} {line.details}"
    for issue in Issue.objects.all():
        yield f"Issue {issue}", f"{issue.sentence} {issue.remedy} {issue.technical} {issue.resolution}"
    for delivery in Delivery.objects.all():
        yield f"Delivery {delivery}", f"{delivery.reason} {delivery.evidence} {delivery.frozen_meta}"
    for attempt in Attempt.objects.all():
        yield f"Attempt {attempt}", attempt.detail
    for run in Run.objects.all():
        yield f"Run {run}", run.problem
    for feed in Feed.objects.all():
        yield f"Feed {feed}", feed.last_problem
    for connection in Connection.objects.all():
        yield f"Connection {connection}", f"{connection.settings} {connection.check_steps}"


def _logged(logs: Path) -> Iterator[tuple[str, str]]:
    for file in logs.glob("*.log"):
        yield f"Log {file.name}", file.read_text(encoding="utf-8", errors="replace")
