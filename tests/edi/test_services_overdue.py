"""Acknowledgments past their deadline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django_scopes import scope

from edi import services as edi
from edi.models import Agreement, TransactionSet
from portal.audit.models import AuditEvent
from portal.tenants.models import Tenant

Agree = Callable[..., Agreement]
HOUR = dt.timedelta(hours=1)


def sent(agreement: Agreement, number: str, now: dt.datetime) -> TransactionSet:
    row = edi.store_sent(
        agreement, body=b"{}", numbers=None, set_id="850", purpose="original", business_number=number, now=now
    )
    edi.note_sent(row, network_id=number, status={}, now=now)
    return row


def test_what_is_past_its_deadline_is_given_back_once(agree: Agree, now: dt.datetime) -> None:
    agreement = agree("850", acknowledgment_hours=24)
    late, early = sent(agreement, "1", now), sent(agreement, "2", now + HOUR)
    assert edi.mark_overdue(now + 24 * HOUR) == []  # not past it yet
    (found,) = edi.mark_overdue(now + 24.5 * HOUR)
    assert found == late
    assert (found.acknowledged, found.partner, found.agreement) == ("overdue", agreement.partner, agreement)
    assert edi.mark_overdue(now + 24.5 * HOUR) == []
    assert [row.pk for row in edi.mark_overdue(now + 26 * HOUR)] == [early.pk]
    assert AuditEvent.objects.filter(action="transactionset.overdue").count() == 2


def test_an_answered_set_is_never_overdue(agree: Agree, now: dt.datetime) -> None:
    row = sent(agree("850"), "1", now)
    edi.note_verdict(row, verdict="accepted", sentences=[], now=now)
    assert edi.mark_overdue(now + 100 * HOUR) == []


def test_the_oldest_come_first(agree: Agree, now: dt.datetime) -> None:
    agreement = agree("850")
    rows = [sent(agreement, str(n), now + n * HOUR) for n in (2, 0, 1)]
    assert edi.mark_overdue(now + 100 * HOUR, limit=2) == [rows[1], rows[2]]
    assert edi.mark_overdue(now + 100 * HOUR, limit=2) == [rows[0]]


def test_another_tenant_s_sets_are_left_alone(agree: Agree, now: dt.datetime) -> None:
    sent(agree("850"), "1", now)
    other = Tenant.objects.create(slug="annan", name="Annan AB")
    with scope(tenant=other):
        assert edi.mark_overdue(now + 100 * HOUR) == []
