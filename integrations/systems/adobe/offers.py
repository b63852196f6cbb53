"""What people can choose of how a shop is set up, read live, and single orders by the number that people know."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.adobe import wire
from integrations.systems.adobe.client import Client
from integrations.systems.adobe.settings import Options
from integrations.systems.adobe.sources import Orders
from integrations.systems.contract import Item

Offered = Mapping[str, tuple[tuple[str, str], ...]]
MOST = 100
"""Rows of a list: a shop may have thousands of rates, one for each postcode. Others are typed."""


class StoreView(wire.Wire, frozen=True, kw_only=True):
    id: int | None = None
    code: str | None = None
    name: str | None = None


class Group(wire.Wire, frozen=True, kw_only=True):
    id: int | None = None
    code: str | None = None


class TaxRate(wire.Wire, frozen=True, kw_only=True):
    code: str | None = None
    rate: str | float | int | None = None
    tax_country_id: str | None = None


def stores(connection: Connection, session: Session) -> Offered:
    """Store views; that of the administration sells nothing."""
    rows = _client(connection, session).read("store/storeViews", tuple[StoreView, ...])
    return {"stores": tuple((str(s.id), s.name or s.code or "") for s in rows if s.id)}


def groups(connection: Connection, session: Session) -> Offered:
    client = _client(connection, session)
    rows = [client.decode(raw, Group) for raw in client.search("customerGroups/search", (), (), size=MOST).elements]
    return {"groups": tuple((str(g.id), g.code or "") for g in rows if g.id is not None)}


def tax_rates(connection: Connection, session: Session) -> Offered:
    client = _client(connection, session)
    rows = [client.decode(raw, TaxRate) for raw in client.search("taxRates/search", (), (), size=MOST).elements]
    codes = {r.code: f"{r.rate} %, {r.tax_country_id or ''}".strip(", ") for r in rows if r.code}
    return {"tax_codes": tuple(sorted(codes.items()))}


def orders_called(connection: Connection, session: Session, number: str) -> tuple[Item, ...]:
    """The orders with this number: one, mostly. Each series of stores counts for itself, so there may be more."""
    return Orders(connection, session).called(number)


def _client(connection: Connection, session: Session) -> Client:
    return Client(session, Options.of(connection))
