"""Dry runs, reconciliations and comparisons in the admin: by a button, shown with links, taken away as files."""

from __future__ import annotations

import msgspec
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Operation
from portal.audit.models import AuditEvent
from portal.common.redaction import MASK
from tests.integrations.admin.house import House
from tests.integrations.admin.test_operations import new, page

LINES = [
    {
        "number": "500123",
        "source_id": "500123",
        "delivery": 1,
        "target_id": "",
        "ours": "100.00",
        "theirs": None,
        "counts_here": True,
        "counts_there": False,
        "kind": "failed",
        "why": "Supplier 20311 has no VAT number.",
    },
    {
        "number": "=1+1",
        "source_id": "x",
        "delivery": 0,
        "target_id": "",
        "ours": "5.00",
        "theirs": "7.50",
        "counts_here": True,
        "counts_there": True,
        "kind": "unexplained",
        "why": "It is another than was sent.",
    },
]
PLANNED = [
    {
        "flow": "visma-orderful.purchase-orders",
        "business_number": "500200",
        "source_id": "500200",
        "action": "replace",
        "what": "It would be sent as replace to Orderful.",
        "changes": [
            {"field": "line 1 quantity", "before": "5", "after": "6", "reason": "changed at the source"},
            {"field": "parties 1.contact.name", "before": "", "after": "Åsa Ek", "reason": "new"},
        ],
    }
]


def press(staff: Client, house: House, action: str, **data: str) -> Operation:
    url = reverse("admin:integrations_flow_act", args=[action]) + f"?ids={house.flow.pk}"
    assert staff.get(url).status_code == 200
    assert new(house) == []
    staff.post(url, data)
    (made,) = new(house)
    return made


def done(operation: Operation, result: object) -> None:
    now = timezone.now()
    Operation.objects.filter(pk=operation.pk).update(state="done", ended_at=now, result=msgspec.json.encode(result))


def file(staff: Client, operation: Operation, form: str) -> str:
    return staff.get(reverse("admin:integrations_operation_result", args=[operation.pk, form])).content.decode()


def test_a_reconciliation_is_asked_for_shown_and_taken_away(house: House, staff: Client) -> None:
    made = press(staff, house, "reconcile", since="2026-03-01", until="2026-03-31")
    assert (made.kind, made.state, made.asked_by) == ("reconcile", "running", house.staff)
    assert made.selection == {"from": "2026-03-01T00:00:00+00:00", "to": "2026-04-01T00:00:00+00:00"}
    LINES[0]["delivery"] = house.failed.pk
    done(made, {"todo": [], "lines": LINES})
    text = staff.get(page(made)).content.decode()
    for words in ("2 documents, 105.00", "1 documents, 7.50", "97.50", "unexplained", "no VAT number"):
        assert words in text
    assert reverse("admin:integrations_delivery_change", args=[house.failed.pk]) in text
    assert "'=1+1" in file(staff, made, "csv"), "no formula leaves"
    assert msgspec.json.decode(file(staff, made, "json")) == LINES
    assert AuditEvent.objects.filter(action="operation.downloaded", actor=house.staff).count() == 2
    assert staff.get(reverse("admin:integrations_operation_result", args=[made.pk, "exe"])).status_code == 404


def test_a_period_that_ends_before_it_begins_is_refused(house: House, staff: Client) -> None:
    url = reverse("admin:integrations_flow_act", args=["reconcile"]) + f"?ids={house.flow.pk}"
    text = staff.post(url, {"since": "2026-03-31", "until": "2026-03-01"}).content.decode()
    assert "ends before it begins" in text
    assert new(house) == []


def test_a_dry_run_is_shown_field_by_field_with_personal_data_masked(house: House, staff: Client) -> None:
    made = press(staff, house, "dry-run")
    assert made.kind == "dry_run"
    done(made, PLANNED)
    text = staff.get(page(made)).content.decode()
    assert "line 1 quantity: 5 → 6 (changed at the source)" in text
    assert "Åsa Ek" not in text
    assert MASK in text
    lines = file(staff, made, "csv").splitlines()
    assert lines[0] == "flow,number,action,what,field,before,after,reason"
    assert len(lines) == 3
    assert "Åsa Ek" in lines[2], "a download is whole, and audited"


def test_a_comparison_says_what_cannot_be_read(house: House, staff: Client) -> None:
    url = reverse("admin:integrations_delivery_compare", args=[house.failed.pk])
    text = staff.get(url).content.decode()
    assert "The other side has nothing of it" in text
    assert url in staff.get(reverse("admin:integrations_delivery_change", args=[house.failed.pk])).content.decode()
    assert staff.get(reverse("admin:integrations_delivery_compare", args=[10_000_000])).status_code == 404


def test_differences_of_reference_data_are_shown_and_taken_away(house: House, staff: Client) -> None:
    lines = [
        {"reference": "4010", "name": "Goods", "kind": "different", "why": "name: Goods in the books, Ware there"},
        {"reference": "=x", "name": "Theirs", "kind": "only_there", "why": ""},
    ]
    house.operation.kind = Operation.Kind.DIFFERENCES
    house.operation.result = msgspec.json.encode({"lines": lines, "listed": True})
    house.operation.save()
    row = house.operation
    text = staff.get(page(row)).content.decode()
    assert "Ware there" in text
    assert "only there" in text
    file = staff.get(reverse("admin:integrations_operation_result", args=[row.pk, "csv"])).content.decode()
    assert file.splitlines()[0] == "reference,name,kind,why"
    assert "'=x,Theirs,only_there," in file
