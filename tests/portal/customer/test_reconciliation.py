"""Comparing both sides, and the work that does it."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from django.test import Client
from django.urls import reverse

from integrations.engine.reconcile import Result
from integrations.models import Operation
from tests.integrations.admin.house import House


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


def test_an_operator_has_both_sides_compared_for_days_of_the_companys_zone(house: House, operator: Client) -> None:
    url = page(house, "reconciliation")
    assert operator.post(url, {"since": "2026-11-01", "until": "2026-11-02"}).status_code == 302
    asked = Operation.objects.get(kind="reconcile")
    assert asked.state == "running"
    assert asked.selection == {"from": "2026-11-01T00:00:00+01:00", "to": "2026-11-03T00:00:00+01:00"}
    rows = operator.get(url).context["rows"]
    assert [r.operation for r in rows] == [asked]


def test_a_period_that_ends_before_it_begins_is_refused(house: House, operator: Client) -> None:
    text = operator.post(page(house, "reconciliation"), {"since": "2026-11-05", "until": "2026-11-01"}).content.decode()
    assert "ends before it begins" in text
    assert not Operation.objects.filter(kind="reconcile").exists()


def test_work_is_cancelled_by_operators(house: House, operator: Client, viewer: Client) -> None:
    url = page(house, "operation_act", house.operation.pk, "cancel")
    assert viewer.post(url, {"reason": ""}).status_code == 403
    assert operator.post(url, {"reason": ""}).status_code == 302
    house.operation.refresh_from_db()
    assert house.operation.state == "cancelled"


def test_there_is_no_file_before_there_is_a_result(house: House, viewer: Client) -> None:
    assert viewer.get(page(house, "operation_file", house.operation.pk, "csv")).status_code == 404


def compared(house: House, *documents: tuple[str, str, str, str]) -> str:
    """The page of a reconciliation of documents of one day: currency, tax code, net + tax here and there."""

    def parts(currency: str, code: str, amounts: str) -> list[dict[str, str]]:
        net, tax = amounts.split(" + ")
        return [{"day": "2026-11-02", "currency": currency, "code": code, "net": net, "tax": tax}]

    lines: list[dict[str, Any]] = [
        {"number": f"{number}", "source_id": f"{number}", "delivery": 0, "target_id": "T", "ours": "1", "theirs": "1"}
        | {"counts_here": True, "counts_there": True, "kind": "same", "why": ""}
        | {"here": parts(currency, code, here), "there": parts(currency, code, there)}
        for number, (currency, code, here, there) in enumerate(documents, 1)
    ]
    row = Operation.objects.get(pk=house.operation.pk)
    row.kind, row.state, row.flow = Operation.Kind.RECONCILE, Operation.State.DONE, house.flow
    row.result = msgspec.json.encode(Result(lines=lines))
    row.save()
    return page(house, "operation", row.pk)


def test_what_was_compared_is_shown_by_day_currency_and_tax_code(house: House, viewer: Client) -> None:
    url = compared(
        house,
        ("EUR", "255", "100 + 25.5", "100 + 25.5"),
        ("EUR", "255", "20 + 5.1", "20 + 5.1"),
        ("EUR", "135", "8 + 1.08", "4 + 0.54"),
        ("NOK", "25", "80 + 20", "75 + 25"),
        ("SEK", "25", "40 + 10", "40 + 10"),
    )
    text = viewer.get(url).content.decode()
    rows = [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL)
    ]
    shown = [row[1:] for row in rows if row[0] == "2026-11-02"]
    assert [row[:2] for row in shown] == [["EUR", "135"], ["EUR", "255"], ["NOK", "25"], ["SEK", "25"]]
    assert shown[1][2:5] == ["2", "120 + 30.6", "120 + 30.6"]
    said = [row[-1] for row in shown]
    assert ("4.54" in said[0], "equal" in said[1], "net and tax differ" in said[2], "equal" in said[3]) == (True,) * 4
