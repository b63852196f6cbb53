"""Lists: pages by key, nothing counted whole, a budget of queries for each, only the columns that are shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import Delivery, State
from portal.audit.models import AuditEvent
from portal.site import lists
from tests.integrations.admin.house import House
from tests.portal.staff.pages import lists as every_list

BUDGET = 10
"""Queries of a list: session, person, installation, the rows, and one for each filter that offers rows."""
COLUMNS_KEPT_OUT = ("secrets", "text", "data", "request_body", "response_body", "token", "key_hash", "check_steps")


def url(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


def shown(client: Client, address: str, **query: Any) -> Any:
    return client.get(address, query).context["cl"]


def test_a_list_never_asks_more_often_when_it_has_more_rows(house: House, root: Client) -> None:
    def queries() -> dict[str, int]:
        counted = {}
        for address in every_list():
            with CaptureQueriesContext(connection) as asked:
                assert root.get(address).status_code == 200
            counted[address] = len(asked)
        return counted

    few = queries()
    for n in range(30):
        house.delivery(f"7{n:05}", State.FAILED, issue=house.issue, transaction_set=house.sent)
    assert queries() == few
    assert {address: n for address, n in few.items() if n > BUDGET} == {}


def test_lists_read_no_secret_and_no_payload(house: House, staff: Client) -> None:
    for address in every_list():
        if "django_q" in address:
            continue
        with CaptureQueriesContext(connection) as asked:
            staff.get(address)
        for query in asked.captured_queries:
            select = query["sql"].split(" FROM ")[0]
            found = [name for name in COLUMNS_KEPT_OUT if f'"."{name}"' in select or f'."{name}"' in select]
            if "tenants_user" in select:
                continue  # who asks: the session needs their hash
            assert not found, (address, query["sql"][:300])


def test_big_lists_count_nothing(house: House, staff: Client) -> None:
    for name in (
        "integrations_delivery",
        "integrations_record",
        "integrations_exchange",
        "integrations_run",
        "audit_auditevent",
        "edi_interchange",
        "edi_transactionset",
    ):
        with CaptureQueriesContext(connection) as asked:
            staff.get(url(name), {"tenant": house.tenant.pk})
        assert not [q["sql"] for q in asked.captured_queries if "COUNT(" in q["sql"].upper()], name


def test_pages_follow_each_other_without_gap_or_overlap_and_lead_back(house: House, staff: Client) -> None:
    for n in range(250):
        house.delivery(f"8{n:05}", State.DELIVERED)
    everything = list(Delivery.objects.order_by("-pk").values_list("pk", flat=True))
    address, seen, pages = url("integrations_delivery"), [], []
    query = ""
    while True:
        page = staff.get(address + query).context["cl"]
        pages.append([d.pk for d in page.result_list])
        seen += pages[-1]
        if not page.older_href:
            break
        query = page.older_href
    assert seen == everything
    assert len(pages) == 3
    back = staff.get(address + page.newer_href).context["cl"]
    assert [d.pk for d in back.result_list] == pages[-2]
    assert shown(staff, address).newer_href == ""
    first = staff.get(address + back.newer_href).context["cl"]
    assert [d.pk for d in first.result_list] == pages[0]
    assert not first.newer_href


def test_a_page_by_key_keeps_the_filters_and_a_new_filter_begins_at_the_newest(house: House, staff: Client) -> None:
    for n in range(150):
        house.delivery(f"8{n:05}", State.FAILED)
    page = shown(staff, url("integrations_delivery"), state="failed", tenant=house.tenant.pk)
    assert "state=failed" in page.older_href
    older = staff.get(url("integrations_delivery") + page.older_href).context["cl"]
    assert len(older.result_list) == 51
    tabs = [option.href for filter in older.tabs for option in filter.options(older)]
    assert not [href for href in tabs if "_before" in href]
    assert older.filter_query == f"state=failed&tenant={house.tenant.pk}"


@pytest.mark.parametrize(
    "nonsense", ["?_before=x", "?_before=-1", "?_after=" + "9" * 40, "?state=nothing", "?tenant=x"]
)
def test_nonsense_in_an_address_is_no_error(house: House, staff: Client, nonsense: str) -> None:
    assert staff.get(url("integrations_delivery") + nonsense).status_code == 200


def test_other_lists_stop_counting_at_a_limit(house: House, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(8):
        type(house.issue).objects.create(
            tenant=house.tenant,
            fingerprint=f"{n}" * 64,
            error_class="bug",
            who="staff",
            sentence=f"Problem {n}",
            first_seen_at=house.issue.first_seen_at,
            last_seen_at=house.issue.last_seen_at,
        )
    assert shown(staff, url("integrations_issue")).summary == "9 issues"
    monkeypatch.setattr(lists, "COUNTED", 5)
    assert shown(staff, url("integrations_issue")).summary.startswith("More than 5 issues")


def test_what_a_link_narrowed_is_shown_and_can_be_removed(house: House, staff: Client) -> None:
    page = shown(staff, url("integrations_delivery"), run=house.run.pk, state="failed")
    assert [(c.text, c.without) for c in page.chips] == [(f"run: {house.run.pk}", "?state=failed")]
    assert ("run", str(house.run.pk)) in page.kept


def test_an_empty_list_says_what_to_do_next(house: House, staff: Client) -> None:
    AuditEvent.objects.filter(tenant=house.other)
    text = staff.get(url("integrations_delivery"), {"tenant": house.other.pk}).content.decode()
    assert "Nothing matches." in text
    type(house.issue).objects.all().update(status="resolved")
    assert "No issue is open." in staff.get(url("integrations_issue")).content.decode()


def test_every_page_of_the_project_is_a_staff_page_in_a_group() -> None:
    ours = {m for m in admin.site._registry if m._meta.app_label in ("tenants", "audit", "edi", "integrations")}
    assert ours
    for model in ours:
        page = admin.site._registry[model]
        assert hasattr(page, "area"), model
        assert page.show_full_result_count is False, model
        assert page.__doc__, model
