"""What was made in Airbase is known there when our books have it too: no bill and no vendor goes there once more."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from integrations.flows.airbase_in.bills import UNAPPLIED
from integrations.flows.airbase_in.new_invoices import bill_that_it_is
from integrations.flows.contract import Job, Send
from integrations.flows.visma_airbase import _supplier
from integrations.flows.visma_airbase_settled import PAYS, bill_key
from integrations.flows.visma_rows import OURSELVES
from integrations.models import Delivery, Feed, Flow, Link, Payload, Record, State
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded
from integrations.systems.visma.settings import Options
from portal.common.clock import db_now
from tests.integrations.flows.test_airbase_settled import payments
from tests.integrations.systems.visma.records import raw

__all__ = ["payments"]
NEWER = 201
SEVERAL = ("b-1", "b-2")


def captured(flow: Flow, key: str, entry: str, body: Any, *, status: str) -> Record:
    now, data = db_now(), msgspec.json.encode(body)
    feed, _ = Feed.objects.get_or_create(
        tenant=flow.tenant, connection=flow.integration.partner, key=key, defaults={"last_read_at": now}
    )
    payload, _ = Payload.objects.get_or_create(
        tenant=flow.tenant,
        sha256=hashlib.sha256(data).hexdigest(),
        defaults={"size": len(data), "data": data, "created_at": now},
    )
    return Record.objects.create(
        tenant=flow.tenant,
        feed=feed,
        source_id=entry,
        business_number=entry,
        fingerprint=entry,
        status=status,
        payload=payload,
        captured_at=now,
    )


def pays_several(flow: Flow, entry: str, numbers: tuple[str, str]) -> Record:
    """A payment of two bills that were made in Airbase: it has no number of its own."""
    bills = [
        {"airbase_id": one, "invoice_number": n, "total_amount": "50.00"}
        for one, n in zip(SEVERAL, numbers, strict=True)
    ]
    paid = {
        "airbase_id": entry,
        "type": "bill_payment",
        "vendor": {"airbase_id": "v", "name": "Vendor", "erp_reference_id": "50002"},
        "entry_date": "2026-03-01T00:00:00",
        "total_amount": "100.00",
        "currency": {"iso_code": "NOK"},
        "applied_to": [{"airbase_id": one, "amount": "50.00"} for one in SEVERAL],
    }
    return captured(flow, "payments", entry, {"payment": paid, "bills": bills}, status="ready")


def write_of(flow: Flow, record: Record, state: State, **values: Any) -> None:
    now = db_now()
    Delivery.objects.create(
        tenant=flow.tenant,
        integration=flow.integration,
        sink_connection=flow.integration.books,
        flow=flow,
        record=record,
        operation_key=f"{record.pk} {values['operation']}",
        lane=f"payment:{record.source_id}",
        state=state,
        since=now,
        not_before=now,
        created_at=now,
        **values,
    )


def bill_of(flow: Flow, number: str) -> str:
    body = raw("supplier_invoice", supplierReference=number)
    invoice = visma.supplier_invoice(body, buyer=OURSELVES, zone=Options.of(flow.integration.books).zone)
    job = Job(flow=flow, operation="send", lane="", business_number="", raw=body, last=None)
    return bill_that_it_is(job, decoded(body, ledger.Payable, "supplier invoice"), invoice)


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED, State.DISMISSED])
def test_the_bill_of_a_payment_that_waits_is_known_however_many_came_since(payments: Flow, state: State) -> None:
    waits = pays_several(payments, "waits", ("INV-8", "INV-9"))
    write_of(payments, waits, state, operation="send")
    last = pays_several(payments, "newer", ("OTHER-1", "OTHER-2"))
    newer = [
        Record(
            tenant=payments.tenant,
            feed=last.feed,
            source_id=f"newer {n}",
            fingerprint=f"newer {n}",
            status="ready",
            payload=last.payload,
            captured_at=last.captured_at,
        )
        for n in range(NEWER)
    ]
    Record.objects.bulk_create(newer)
    assert bill_of(payments, "INV-9") == "b-2"
    assert bill_of(payments, "INV-10") == ""


def test_a_bill_that_was_left_out_of_its_payment_is_known(payments: Flow) -> None:
    """A person said so (unapplied), and enters the invoice when the payment was booked and reported long ago."""
    record = pays_several(payments, "booked", ("INV-8", "INV-9"))
    pays = {"Invoice/000001": "50.00", bill_key("b-2"): "50.00"}
    write_of(payments, record, State.DELIVERED, operation="pay", frozen_meta={PAYS: pays})
    assert bill_of(payments, "INV-9") == "", "nobody said so: it was booked by another invoice"
    Link.objects.create(
        tenant=payments.tenant,
        integration=payments.integration,
        entity="bill",
        source_id="b-2",
        target_id=UNAPPLIED,
        one_to_one=False,
        created_at=db_now(),
    )
    assert bill_of(payments, "INV-9") == "b-2"


def test_a_vendor_without_a_name_stops_no_supplier(payments: Flow) -> None:
    integration = payments.integration
    Flow.objects.create(tenant=payments.tenant, integration=integration, key="vendors", enabled=True)
    captured(payments, "vendors", "nameless", {"airbase_id": "nameless", "name": " "}, status="new")
    job = Job(flow=payments, operation="send", lane="", business_number="", raw=raw("supplier"), last=None)
    made = _supplier(job)
    assert isinstance(made, Send)
    assert b"airbase_id" not in made.preview()
    twin = {"airbase_id": "twin", "name": "Fjordfisk", "tax_id": "NO 923 609 016 MVA"}
    captured(payments, "vendors", "twin", twin, status="new")
    made = _supplier(job)
    assert isinstance(made, Send)
    assert msgspec.json.decode(made.preview())["airbase_id"] == "twin"
