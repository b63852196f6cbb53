"""A tenant with one network and one trading partner, with whom everything is agreed both ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_scopes import scope

from edi.models import Agreement, Network, TradingPartner
from portal.tenants.models import Tenant, User

US, THEM = "NORDBOD", "LEVERANTOR"


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    found = Tenant.objects.create(slug="nordbod", name="Nordbod AB")
    with scope(tenant=found):
        yield found


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create(username="eva", email="eva@nordbod.example")


@pytest.fixture
def network(tenant: Tenant) -> Network:
    return Network.objects.create(tenant=tenant, key="cleo", name="Cleo")


@pytest.fixture
def partner(tenant: Tenant) -> TradingPartner:
    return TradingPartner.objects.create(tenant=tenant, key="lev", name="Leverantör AB")


@pytest.fixture
def agree(network: Network, partner: TradingPartner) -> Callable[..., Agreement]:
    """Makes an agreement about a document: 850 and 860 go out, the others come in."""

    def make(document_type: str, **changes: Any) -> Agreement:
        direction = changes.pop("direction", "out" if document_type in ("850", "860") else "in")
        ends = (US, THEM) if direction == "out" else (THEM, US)
        values: dict[str, Any] = {
            "tenant": network.tenant,
            "partner": partner,
            "network": network,
            "document_type": document_type,
            "direction": direction,
            "stream": "live",
            "sender_id": ends[0],
            "receiver_id": ends[1],
            **changes,
        }
        row = Agreement(**values)
        row.full_clean()
        row.save()
        return row

    return make
