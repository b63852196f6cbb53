"""The engine with the scripted pair: one tenant, one integration, and its steps one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django_scopes import scope, scopes_disabled

from integrations.engine.claim import Turn, claim_delivery, claim_verdict
from integrations.engine.deliver import deliver
from integrations.engine.handle import RunHandle
from integrations.engine.read import claim_feed, read_feed
from integrations.engine.sessions import Sessions
from integrations.engine.settle import settle
from integrations.models import Connection, Delivery, Feed, Flow, Integration, Record
from integrations.services.connections import save_connection
from integrations.services.feeds import save_integration
from integrations.systems.contract import Item
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from portal.tenants.models import Tenant
from tests.support.pair import FEED, Pair

WORKER = "elsewhere:1:1"
"""A worker of another host: whether it lives, nobody here can tell."""
PASSWORD = "a password of the pair"


@dataclass(slots=True)
class Engine:
    """One tenant with a ledger, an exchange and the flow of papers between them."""

    pair: Pair
    tenant: Tenant
    integration: Integration

    @classmethod
    def make(cls, pair: Pair, *, slug: str = "bruket", flows: Sequence[str] = ("papers",)) -> Engine:
        tenant = Tenant.objects.create(slug=slug, name=slug.capitalize())
        ledger, exchange = (
            save_connection(
                tenant=tenant, key=key, system_key=key, name=key.capitalize(), values={"password": PASSWORD}, actor=None
            )[0]
            for key in ("ledger", "exchange")
        )
        integration, _ = save_integration(
            tenant=tenant,
            key="ledger-exchange",
            name="Ledger and Exchange",
            books=ledger,
            partner=exchange,
            enabled=True,
            settings={},
            flows={key: {} for key in flows},
            actor=None,
        )
        Feed.objects.filter(tenant=tenant).update(overlap_seconds=60, settle_seconds=0)
        return cls(pair, tenant, integration)

    # --- rows

    @property
    def feed(self) -> Feed:
        return Feed.objects.select_related("connection", "tenant").get(connection=self.integration.books, key=FEED)

    @property
    def exchange(self) -> Connection:
        return Connection.objects.get(pk=self.integration.partner_id)

    @property
    def ledger(self) -> Connection:
        return Connection.objects.get(pk=self.integration.books_id)

    def flow(self, key: str = "papers") -> Flow:
        return Flow.objects.select_related("integration").get(integration=self.integration, key=key)

    def records(self, number: str) -> list[Record]:
        return list(Record.objects.filter(tenant=self.tenant, source_id=number).order_by("pk"))

    def deliveries(self, number: str = "") -> list[Delivery]:
        rows = Delivery.objects.filter(tenant=self.tenant).select_related("issue").order_by("pk")
        return list(rows.filter(business_number=number) if number else rows)

    def delivery(self, number: str) -> Delivery:
        """The newest delivery of a record."""
        return self.deliveries(number)[-1]

    def states(self) -> list[tuple[str, str]]:
        """Number and state of every delivery."""
        return [(d.business_number, d.state) for d in self.deliveries()]

    def audited(self) -> list[str]:
        """The actions in the audit trail, oldest first."""
        return list(AuditEvent.objects.filter(tenant=self.tenant).order_by("pk").values_list("action", flat=True))

    # --- steps

    def due(self) -> None:
        """The feed is due."""
        Feed.objects.filter(tenant=self.tenant).update(due_at=db_now())

    def read(self, *pages: Any) -> RunHandle | None:
        """Reads the feed once; each page is a list of items, or an exception that ends the read there."""
        if pages:
            self.pair.pages = list(pages)
        self.due()
        feed = claim_feed(WORKER, only={self.feed.pk})
        assert feed is not None, "the feed could not be claimed"
        with scope(tenant=self.tenant):
            return read_feed(feed, Sessions())

    def claim(self, worker: str = WORKER) -> Delivery | None:
        return claim_delivery(worker, Turn())

    def deliver(self, delivery: Delivery | None = None) -> Delivery:
        """Claims the next delivery, unless one is given, and does it."""
        claimed = delivery or self.claim()
        assert claimed is not None, f"nothing can be claimed: {self.states()}"
        with scope(tenant=self.tenant):
            deliver(claimed, Sessions())
        return Delivery.objects.select_related("issue").get(pk=claimed.pk)

    def settle(self) -> Delivery:
        """Claims the next verdict and asks for it."""
        claimed = claim_verdict(WORKER)
        assert claimed is not None, f"no verdict is due: {self.states()}"
        with scope(tenant=self.tenant):
            settle(claimed, Sessions())
        return Delivery.objects.select_related("issue").get(pk=claimed.pk)

    def send(self, *items: Item) -> list[Delivery]:
        """Reads the items and delivers all that is due."""
        self.read(list(items))
        return self.deliver_all()

    def deliver_all(self) -> list[Delivery]:
        """Delivers while something is due."""
        while (claimed := self.claim()) is not None:
            self.deliver(claimed)
        return self.deliveries()

    def claim_and_deliver(self) -> bool:
        """Does the next delivery. False when none is due."""
        claimed = self.claim()
        return claimed is not None and bool(self.deliver(claimed))

    def claim_and_settle(self) -> bool:
        """Settles the next verdict. False when none is due."""
        claimed = claim_verdict(WORKER)
        if claimed is not None:
            with scope(tenant=self.tenant):
                settle(claimed, Sessions())
        return claimed is not None

    def later(self) -> None:
        """All that was put off is due now, and every lease has ended."""
        past = db_now() - dt.timedelta(seconds=1)
        Delivery.objects.filter(not_before__gt=past).update(not_before=past)
        Delivery.objects.filter(lease_until__gt=past).update(lease_until=past)
        Feed.objects.filter(lease_until__gt=past).update(lease_until=past)
        from integrations.models import Breaker

        Breaker.objects.filter(probe_after__gt=past).update(probe_after=past)


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, no handler, no tidying up."""


class Killer:
    """Kills at the n-th statement that writes or reads, before it is executed."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        if self.count == self.at:
            raise Killed(sql)
        return execute(sql, params, many, context)


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Does `work`, killed at its `number`-th statement. False when it has no more than that."""
    killer = Killer(number)
    try:
        with database.execute_wrapper(killer), scopes_disabled():
            work()
    except Killed:
        return True
    return False
