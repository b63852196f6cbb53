"""The rules of a flow: edited one by one, tried on an order that was read, and kept as a mapping version."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import CharField, IntegerField
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from integrations import rule_files
from integrations.models import Breaker, Delivery, Flow, MappingVersion
from integrations.rule_forms import MOST_RULES, formset_of
from integrations.services.rules import table_of
from portal.audit.models import AuditEvent
from tests.integrations.admin.conftest import staff  # noqa: F401 - a fixture
from tests.integrations.admin.house import House
from tests.integrations.admin.shop import NUMBER, RULES, orders_of_shop


@pytest.fixture
def flow(house: House) -> Flow:
    return orders_of_shop(house)


@pytest.fixture(params=["portal", "admin"])
def at(request: pytest.FixtureRequest, house: House, flow: Flow) -> tuple[Client, str]:
    """Who edits, and where: an operator in the portal, and somebody of the staff in the admin."""
    if request.param == "portal":
        url = reverse("customer:flow_rules", args=[house.tenant.slug, flow.pk])
        return request.getfixturevalue("operator"), url
    return request.getfixturevalue("staff"), reverse("admin:integrations_flow_rules", args=[flow.pk])


def entered(client: Client, url: str, **changes: Any) -> dict[str, Any]:
    """What the page's form would send, with changes."""
    page = client.get(url).context["page"]
    values: dict[str, Any] = {f.html_name: f.value() for f in page.rules.management_form}
    for form in page.rules:
        values |= {f.html_name: f.value() for f in form if f.value() not in (None, "", False, [])}
    return values | {"seen": page.seen} | changes


def rules(flow: Flow) -> list[dict[str, Any]]:
    return list(Flow.objects.get(pk=flow.pk).settings["rules"])


def test_what_is_entered_becomes_the_next_mapping_version_and_is_on_record(flow: Flow, at: tuple[Client, str]) -> None:
    client, url = at
    assert client.post(url, entered(client, url, how="save")).status_code == 302
    assert rules(flow) == RULES, "nothing was changed, so nothing may look different"
    version = Flow.objects.get(pk=flow.pk).mapping_version
    new = {
        "rules-3-payment_methods": "klarna_kp, invoice",
        "rules-3-tax_codes": "NO-*",
        "rules-3-percents": "25, 25.5",
        "rules-3-stores": "1",
        "rules-3-product_types": "simple",
        "rules-3-countries": "NO",
        "rules-3-billing_countries": "FI, SE",
        "rules-3-shipping_countries": "NO",
        "rules-3-account": "3002",
        "rules-3-segments": "1=200, 2=7",
        "rules-3-ORDER": "0",
        "rules-1-DELETE": "on",
    }
    assert client.post(url, entered(client, url, how="save", **new)).status_code == 302
    when = {
        "product_types": ["simple"],
        "percents": [25, 25.5],
        "tax_codes": ["NO-*"],
        "stores": [1],
        "countries": ["NO"],
        "billing_countries": ["FI", "SE"],
        "shipping_countries": ["NO"],
        "payment_methods": ["klarna_kp", "invoice"],
    }
    assert rules(flow) == [{"when": when, "account": "3002", "segments": {"1": "200", "2": "7"}}, RULES[0], RULES[2]]
    kept = MappingVersion.objects.get(flow=flow, number=version + 1)
    assert kept.flow_settings["rules"] == rules(flow)
    event = AuditEvent.objects.get(action="flow.rules_changed")
    assert event.details["before"] == RULES
    assert event.actor is not None


def test_a_try_says_which_rule_decided_each_amount_and_keeps_nothing(flow: Flow, at: tuple[Client, str]) -> None:
    client, url = at
    answer = client.post(url, entered(client, url, how="try", number=NUMBER))
    tried = answer.context["page"].tried
    said = {line.text: {one.what: (one.value, one.rule) for one in line.decided} for line in tried.lines}
    assert said == {
        "Article 1": {"VAT code": ("25", 1), "account": ("3001", 3), "dimension 1": ("100", 3)},
        "Flat Rate - Fixed": {"VAT code": ("25", 1), "account": ("3520", 2), "dimension 1": ("100", 3)},
    }
    assert not tried.problem
    # As they stand in the form, not as they are kept: a rule for the tax class of the article goes first.
    new = {"rules-3-tax_codes": "NO-25", "rules-3-account": "3009", "rules-3-ORDER": "0"}
    new |= {"rules-3-countries": "SE", "rules-3-billing_countries": "NO", "rules-3-shipping_countries": "SE"}
    answer = client.post(url, entered(client, url, how="try", **new))
    [article, shipping] = answer.context["page"].tried.lines
    assert [(d.value, d.rule) for d in article.decided if d.what == "account"] == [("3009", 1)]
    assert [(d.value, d.rule) for d in shipping.decided if d.what == "account"] == [("3520", 3)]
    assert "3009" in answer.content.decode()
    assert "country SE, goods to SE, bill to NO" in answer.content.decode()
    assert rules(flow) == RULES
    assert not Delivery.objects.filter(flow=flow).exists()


def test_a_try_says_what_could_not_be_posted_and_what_was_never_read(flow: Flow, at: tuple[Client, str]) -> None:
    client, url = at
    without = entered(client, url, how="try", **{"rules-0-DELETE": "on"})
    tried = client.post(url, without).context["page"].tried
    assert "No rule says which VAT code" in tried.problem
    assert all(line.problem for line in tried.lines)
    answer = client.post(url, entered(client, url, how="try", number="4711"))
    assert "4711 was not read yet" in answer.content.decode()


def test_rules_that_cannot_be_used_and_changes_of_others_are_not_written_over(
    flow: Flow, at: tuple[Client, str]
) -> None:
    client, url = at
    wrong = client.post(url, entered(client, url, how="save", **{"rules-0-percents": "a quarter"}))
    assert "cannot be used" in wrong.content.decode()
    mine = entered(client, url, how="save", **{"rules-2-account": "3999"})
    theirs = entered(client, url, how="save", **{"rules-2-account": "3111"})
    assert client.post(url, theirs).status_code == 302
    refused = client.post(url, mine)
    assert "changed meanwhile" in refused.content.decode()
    assert rules(flow)[2]["account"] == "3111"


def test_a_flow_without_rules_has_no_such_page(house: House, at: tuple[Client, str], flow: Flow) -> None:
    client, url = at
    assert client.get(url.replace(f"/{flow.pk}/", f"/{house.flow.pk}/")).status_code == 404


def test_where_a_system_does_not_tell_what_can_be_chosen_it_is_typed_and_nothing_is_lost(
    flow: Flow, at: tuple[Client, str]
) -> None:
    """The house's systems cannot be reached."""
    client, url = at
    page = client.post(url, entered(client, url, how="read", **{"rules-3-account": "3002"})).context["page"]
    assert len(page.untold) == 2
    assert all("Type them." in said or "cannot" in said or ":" in said for said in page.untold)
    assert [form.initial["account"] for form in page.rules if form.initial] == ["", "3520", "3001", "3002"]
    assert rules(flow) == RULES
    assert not Breaker.objects.exclude(position=Breaker.Position.CLOSED).exists()


def test_what_can_be_chosen_is_offered_and_other_values_are_typed(flow: Flow) -> None:
    [spec, table] = table_of(flow) or (None, None)
    assert spec is not None
    assert table is not None
    offered = {"account": (("3001", "Sales"),), "stores": (("1", "Finland"), ("2", "Sverige <b>")), "segments": ()}
    form = formset_of(table, [{"when": {"stores": [2, 7]}, "account": "3001"}], None, offered).forms[0]
    assert 'list="offered-account"' in str(form["account"])
    shown = str(form["stores"])
    assert 'value="7"' in shown
    assert '<option value="2" selected>2 · Sverige &lt;b&gt;</option>' in shown
    data = QueryDict(mutable=True)
    data.update({"rules-TOTAL_FORMS": "1", "rules-INITIAL_FORMS": "0", "rules-0-account": "3001"})
    data.setlist("rules-0-stores", ["7, 9", "2", "1", "7"])
    for known in (offered, {}):  # whether they could be read again or not
        entered_rules = formset_of(table, [], data, known)
        assert entered_rules.is_valid()
        assert entered_rules.rules() == [{"when": {"stores": [7, 9, 2, 1]}, "account": "3001"}]


def sent(client: Client, url: str, data: str | bytes, **more: Any) -> Any:
    """The page after a file of rules was given to it."""
    seen = client.get(url).context["page"].seen
    file = SimpleUploadedFile("rules.csv", data.encode() if isinstance(data, str) else data)
    return client.post(url, {"how": "import", "seen": seen, "file": file} | more)


def test_rules_go_out_as_a_file_and_come_back_as_they_were(flow: Flow, at: tuple[Client, str]) -> None:
    client, url = at
    answer = client.get(f"{url}?csv=1")
    assert answer["Content-Type"].startswith("text/csv")
    assert f"version-{flow.mapping_version}.csv" in answer["Content-Disposition"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(RULES)
    page = sent(client, url, answer.content).context["page"]
    assert (page.problems, page.changes) == ((), [])
    assert client.post(url, entered_of(page) | {"how": "save"}).status_code == 302
    assert rules(flow) == RULES


def entered_of(page: Any, *, empty: bool = False) -> dict[str, Any]:
    """What the form of a page that was given would send; as a browser does it, with what is `empty`."""
    values: dict[str, Any] = {f.html_name: f.value() for f in page.rules.management_form}
    for form in page.rules:
        texts = [f for f in form if f.field.__class__ in (CharField, IntegerField)] if empty else []
        values |= {f.html_name: f.value() or "" for f in form if f.value() or f in texts}
    return values | {"seen": page.seen}


def test_a_file_shows_what_it_would_change_and_changes_nothing_before_it_is_saved(
    flow: Flow, at: tuple[Client, str]
) -> None:
    client, url = at
    before = Flow.objects.get(pk=flow.pk).mapping_version
    text = 'when percents;vat_code;account;segments\r\n25;25;;\r\n\r\n"12, 25.5";12;\'-3002;1=200, 2=7\r\n'
    answer = sent(client, url, text)
    page = answer.context["page"]
    assert [(c.kind, c.place) for c in page.changes] == [("removed", 2), ("removed", 3), ("added", 2)]
    assert "rates of tax (%) 12, 25.5 → vat code 12, account -3002" in answer.content.decode()
    assert (rules(flow), Flow.objects.get(pk=flow.pk).mapping_version) == (RULES, before)
    assert client.post(url, entered_of(page) | {"how": "save"}).status_code == 302
    new = {
        "when": {"percents": [12, 25.5]}, "vat_code": "12", "account": "-3002", "segments": {"1": "200", "2": "7"},
    }  # fmt: skip
    assert rules(flow) == [RULES[0], new]
    event = AuditEvent.objects.get(action="flow.rules_changed")
    assert event.details["before"] == RULES
    assert event.details["after"] == [RULES[0], new]
    # … and back to what was before, by its version.
    assert [v.number for v in client.get(url).context["page"].versions] == [before]
    seen = client.get(url).context["page"].seen
    page = client.post(url, {"how": "version", "version": str(before), "seen": seen}).context["page"]
    assert [(c.kind, c.place) for c in page.changes] == [("removed", 2), ("added", 2), ("added", 3)]
    assert rules(flow) == [RULES[0], new]
    assert client.post(url, entered_of(page) | {"how": "save"}).status_code == 302
    assert rules(flow) == RULES
    assert Flow.objects.get(pk=flow.pk).mapping_version == before + 2


def test_more_rules_than_django_takes_fields_come_from_a_file_and_are_saved(
    flow: Flow, operator: Client, house: House
) -> None:
    url = reverse("customer:flow_rules", args=[house.tenant.slug, flow.pk])
    text = "when skus,vat_code\n" + "".join(f"ART-{n},25\n" for n in range(60))
    page = sent(operator, url, text).context["page"]
    answer = operator.post(url, entered_of(page, empty=True) | {"how": "save"})
    assert answer.status_code == 302
    assert len(rules(flow)) == 60


WRONG = {
    "vat_code,colour\n25,red\n": "Line 1: there is no column colour.",
    "vat_code,vat_code\n25,25\n": "Line 1: vat_code stands there twice.",
    "": "Line 1: there is no column at all.",
    "vat_code\n": "The file has no rule.",
    "when kinds,vat_code\nproduct,25\nshiping,25\n": "Line 3: when kinds cannot be shiping.",
    "when stores,vat_code\n1,25\n\nmain,25\n": "Line 4: Expected `int`",
    "when percents,vat_code\n25,\n": "Line 2: it states nothing",
    "vat_code\n25,3001\n": "Line 2: it has 2 cells, and there are 1 columns.",
    b"vat_code\n\xe5\n": "The file is not UTF-8.",
}


def test_what_is_wrong_with_a_file_is_said_by_line_and_nothing_is_taken_of_it(
    flow: Flow, operator: Client, house: House
) -> None:
    url = reverse("customer:flow_rules", args=[house.tenant.slug, flow.pk])
    for text, said in WRONG.items():
        page = sent(operator, url, text).context["page"]
        assert [p for p in page.problems if p.startswith(said)], (text, page.problems)
        assert page.changes is None
        assert len([form for form in page.rules if form.initial]) == len(RULES)
    table = table_of(flow)
    assert table is not None
    many = b"vat_code\n" + b"25\n" * (MOST_RULES + 1)
    assert "at most" in rule_files.read(table[1], many)[1][0]
    both = sent(operator, url, "when stores,vat_code\nmain,25\n1,25\nside,12\n").context["page"].problems
    assert [p[:7] for p in both] == ["Line 2:", "Line 4:"]
    assert operator.post(url, {"how": "import", "seen": "1"}).context["page"].problems == ("Choose a file first.",)
    missing = operator.post(url, {"how": "version", "version": "999", "seen": "1"}).context["page"].problems
    assert missing == ("There is no version 999.",)
    assert rules(flow) == RULES


def test_a_viewer_gets_no_file_of_rules(flow: Flow, viewer: Client, stranger: Client, house: House) -> None:
    url = reverse("customer:flow_rules", args=[house.tenant.slug, flow.pk]) + "?csv=1"
    assert viewer.get(url).status_code == 403
    assert stranger.get(url).status_code == 404
