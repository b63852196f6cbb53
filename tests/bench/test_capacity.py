"""The generator behind the capacity model: it writes what a document really leaves, and every table is measured."""

from __future__ import annotations

import pytest
from django_scopes import scopes_disabled

from bench import capacity
from integrations.models import Attempt, Delivery, Exchange, State
from portal.audit import trail
from portal.tenants.models import Tenant


@pytest.mark.django_db
def test_the_generator_writes_whole_documents_and_measures_every_table() -> None:
    with scopes_disabled():
        capacity.fill(200)
        tables = {table.name: table for table in capacity.sizes()}
        assert sum(table.rows for table in tables.values()) == 200 * sum(capacity.A_DOCUMENT.values())
        assert all(table.bytes > 0 and table.a_row > 0 for table in tables.values())
        assert Tenant.objects.count() == capacity.TENANTS
        delivery = Delivery.objects.filter(state=State.DELIVERED).order_by("pk")[0]
        assert delivery.record.payload.data is not None
        assert delivery.frozen is not None
        assert len(delivery.frozen.data or b"") == pytest.approx(capacity.SENT, rel=0.1)
        assert Exchange.objects.filter(attempts__in=Attempt.objects.filter(delivery=delivery)).count() == 1
        assert Delivery.objects.filter(state=State.PENDING).exists()
        tenant = delivery.tenant
        trail.seal_events(tenant)
        assert trail.verify(tenant).intact
        assert set(capacity.timings()) >= {"a business number", "whether anything is due"}
