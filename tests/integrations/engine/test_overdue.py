"""Late acknowledgments: one issue for a partner and type, however many documents, until the answers are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django_scopes import scopes_disabled

from edi import services as edi
from edi.models import Agreement, Interchange, Network, TradingPartner, TransactionSet
from integrations.engine import overdue
from integrations.models import Issue
from integrations.selectors import tenant_health
from integrations.tasks import tick
from portal.common.clock import db_now
from portal.tenants.models import Tenant

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _unscoped(db: None) -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return Tenant.objects.create(slug="sent", name="Sent AB")


def sent(
    tenant: Tenant, number: str, *, partner: str = "lev", set_id: str = "850", late: bool = True
) -> TransactionSet:
    """A document that a network has, whose answer is due or not yet."""
    network, _ = Network.objects.get_or_create(tenant=tenant, key="cleo", defaults={"name": "Cleo"})
    company, _ = TradingPartner.objects.get_or_create(tenant=tenant, key=partner, defaults={"name": partner.title()})
    agreement, _ = Agreement.objects.get_or_create(
        tenant=tenant,
        partner=company,
        network=network,
        document_type=set_id,
        direction="out",
        stream="live",
        defaults={"sender_id": "US", "receiver_id": partner.upper(), "acknowledgment_hours": 24},
    )
    now = db_now() - (25 if late else 1) * HOUR
    row = edi.store_sent(
        agreement, body=b"{}", numbers=None, set_id=set_id, purpose="original", business_number=number, now=now
    )
    edi.note_sent(row, network_id=number, status={}, now=now)
    return row


def open_issues() -> list[Issue]:
    return list(Issue.objects.filter(status=Issue.Status.OPEN).order_by("pk"))


def test_documents_of_one_partner_and_type_are_one_issue(tenant: Tenant) -> None:
    for number in range(5):
        sent(tenant, f"50000{number}")
    sent(tenant, "600001", set_id="810")
    sent(tenant, "500009", late=False)
    assert overdue.note_overdue() == 6
    orders, invoices = open_issues()
    assert orders.sentence.startswith("Lev has not acknowledged 850 500000, 500001, 500002 and 2 more in time; ")
    assert invoices.sentence.startswith("Lev has not acknowledged 810 600001 in time; ")
    assert {i.error_class for i in open_issues()} == {"overdue"}
    assert {i.who for i in open_issues()} == {"other_side"}
    assert overdue.note_overdue() == 0
    assert len(open_issues()) == 2


def test_another_late_document_joins_the_issue(tenant: Tenant) -> None:
    sent(tenant, "500001")
    overdue.note_overdue()
    sent(tenant, "500002")
    overdue.note_overdue()
    (issue,) = open_issues()
    assert "850 500001, 500002 in time" in issue.sentence
    assert issue.occurrences == 2


def test_the_issue_is_over_when_the_last_answer_is_there(tenant: Tenant) -> None:
    first, second = sent(tenant, "500001"), sent(tenant, "500002")
    overdue.note_overdue()
    for row, still_open in ((first, 1), (second, 0)):
        edi.note_verdict(row, verdict="accepted", sentences=["Accepted."], now=db_now())
        overdue.note_overdue()
        assert len(open_issues()) == still_open
    assert Issue.objects.get().resolution == "The answers are there."


def test_one_tick_marks_no_more_than_its_budget(tenant: Tenant) -> None:
    for number in range(5):
        sent(tenant, f"50000{number}")
    assert [overdue.note_overdue(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert len(open_issues()) == 1


def test_the_tick_tells_of_it_and_the_index_counts_it(tenant: Tenant) -> None:
    sent(tenant, "500001")
    (health,) = tenant_health()
    assert health.overdue_acknowledgments == 1
    assert "late 1" in tick()
    (health,) = tenant_health()
    assert health.overdue_acknowledgments == 1
    assert len(open_issues()) == 1
    assert Interchange.objects.count() == 1


def test_what_is_not_awaited_is_never_late(tenant: Tenant) -> None:
    row = sent(tenant, "500001")
    TransactionSet.objects.filter(pk=row.pk).update(acknowledged="not_expected")
    assert overdue.note_overdue() == 0
    assert open_issues() == []
