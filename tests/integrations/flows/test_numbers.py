"""Numbers that many documents share, and suppliers that get another one."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import msgspec
import pytest

from integrations.flows.airbase_in.bills import invoice_of
from integrations.flows.contract import Job, Needs
from integrations.flows.visma_basware_known import _called
from integrations.flows.visma_renumbered import INTERNAL, must_be_the_same
from integrations.models import Delivery, Feed, Flow, Payload, Record, State
from integrations.systems.airbase.mapping import PaidBill, payment
from integrations.systems.visma import wire
from portal.common.clock import db_now
from tests.integrations.flows.test_airbase_amounts import bill, entry
from tests.integrations.flows.test_airbase_settled import payments

__all__ = ["payments"]


def captured(flow: Flow, feed: str, source_id: str, said: object, *, number: str = "") -> Record:
    """A record of the books."""
    now, data = db_now(), msgspec.json.encode(said)
    row, _ = Feed.objects.get_or_create(tenant=flow.tenant, connection=flow.integration.books, key=feed)
    payload = Payload.objects.create(
        tenant=flow.tenant, sha256=hashlib.sha256(data).hexdigest(), size=len(data), data=data, created_at=now
    )
    return Record.objects.create(
        tenant=flow.tenant,
        feed=row,
        source_id=source_id,
        business_number=number,
        payload=payload,
        captured_at=now,
        fingerprint=source_id,
    )


def test_an_invoice_is_found_among_many_of_its_number(payments: Flow) -> None:
    for n in range(25):
        supplier = {"number": str(50001 + n)}
        captured(
            payments,
            "supplier-invoices",
            f"Invoice/{n:06}",
            {"documentType": "Invoice", "referenceNumber": f"{n:06}", "supplier": supplier},
            number="1",
        )
    said = payment(entry([bill("b", "10.00", "EUR")], total="10.00", currency="EUR"))
    job = Job(flow=payments, operation="send", lane="", business_number="", raw=b"{}", last=None)
    assert len(list(_called(job, "1"))) == 25
    for supplier, found in (("50001", "Invoice/000000"), ("50025", "Invoice/000024")):
        theirs = PaidBill(airbase_id="b", reference="", invoice_number="1", amount=Decimal(10))
        assert invoice_of(job, msgspec.structs.replace(said, supplier=supplier), theirs) == found


@pytest.mark.parametrize("state", [State.DELIVERED, State.IN_DOUBT, State.PENDING, State.FAILED])
def test_a_supplier_that_may_be_there_under_another_number_is_asked_about(payments: Flow, state: State) -> None:
    """What was refused is not there."""
    now = db_now()
    Delivery.objects.create(
        tenant=payments.tenant,
        integration=payments.integration,
        sink_connection=payments.integration.partner,
        flow=payments,
        record=captured(payments, "suppliers", "50001", {"number": "50001", "internalId": 7}),
        operation="send",
        operation_key="50001",
        lane="supplier:50001",
        state=state,
        since=now,
        not_before=now,
        created_at=now,
        frozen_meta={INTERNAL: 7},
    )
    job = Job(flow=payments, operation="send", lane="", business_number="", raw=b"{}", last=None, source_id="77001")
    given = wire.Supplier(internal_id=7, number="77001")
    if state == State.FAILED:
        must_be_the_same(job, given, to="Airbase")
        return
    with pytest.raises(Needs, match="vendor 50001"):
        must_be_the_same(job, given, to="Airbase")
