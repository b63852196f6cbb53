"""Setting up against the simulators: choices as both systems say them now, and a preview on real records."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from integrations.engine import preview as engine
from integrations.models import Attempt, Connection, Delivery, Exchange, Flow, Record, Run
from integrations.services.offers import read_offers
from portal.tenants.models import Membership, Role, User
from tests.integrations.flows.test_airbase import airbase_entry
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator(world: World) -> Client:
    user = User.objects.create_user("op", "op@example.com", "look-around-2026")
    Membership.objects.create(tenant=world.tenant, user=user, role=Role.OPERATOR)
    client = Client()
    client.force_login(user)
    return client


def address(world: World, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[world.tenant.slug, *args])


def offered(page: str) -> set[str]:
    """Values that the page's lists offer."""
    return {piece.partition('"')[0] for piece in page.split('<option value="')[1:]}


def test_settings_of_payments_are_chosen_from_the_books(
    world: World, sandbox: Simulators, tmp_path: Path, operator: Client
) -> None:
    apply_entry(airbase_entry(world), sandbox, folder=tmp_path)
    url = address(world, "flow_settings", world.flow("visma-airbase.payments").pk)
    before = operator.get(url).content.decode()
    assert 'list="offer-visma-branches"' in before
    assert "?choices=1" in before
    assert "<datalist" not in before
    after = operator.get(url, {"choices": "1"}).content.decode()
    for kind in ("branches", "cash-accounts", "payment-methods", "vat-codes"):
        assert f'<datalist id="offer-visma-{kind}">' in after
    books = world.connection("visma")
    lists = {o.name: {c.value for c in o.choices} for o in read_offers(["visma.branches", "visma.vat_codes"], [books])}
    assert lists["visma.branches"], "the simulated company has branches"
    assert lists["visma.branches"] | lists["visma.vat_codes"] <= offered(after)


def test_a_partner_is_chosen_from_what_the_networks_say(world: World, operator: Client) -> None:
    page = operator.get(address(world, "partner_new"), {"choices": "1"}).content.decode()
    assert '<datalist id="offer-orderful-partner-ids">' in page
    assert '<datalist id="offer-cleo-upload-folders">' in page
    names = ["orderful.partner_ids", "cleo.upload_folders", "orderful.test_ids"]
    found = read_offers(names, [world.connection("orderful"), world.connection("cleo")])
    assert [o.problem for o in found] == ["", "", ""]
    assert all(o.choices for o in found)
    own = {c.value for o in found if o.name == "orderful.test_ids" for c in o.choices}
    assert not own & {c.value for o in found if o.name == "orderful.partner_ids" for c in o.choices}


def test_the_company_is_as_the_books_have_it(world: World, operator: Client) -> None:
    url = address(world, "integration_pair", "visma", "orderful")
    page = operator.get(url, {"choices": "1"}).content.decode()
    (numbers,) = read_offers(["visma.vat_numbers"], [world.connection("visma")])
    assert numbers.choices
    assert {c.value for c in numbers.choices} <= offered(page)


def test_a_list_that_cannot_be_read_says_why_and_stops_nothing(world: World, operator: Client) -> None:
    Connection.objects.filter(key="visma").update(settings=world.connection("visma").settings | {"tenant_id": "wrong"})
    (failed,) = read_offers(["visma.branches"], [world.connection("visma")])
    assert failed.problem
    assert failed.choices == ()
    page = operator.get(address(world, "integration_pair", "visma", "orderful"), {"choices": "1"})
    assert page.status_code == 200
    assert "type the value" in page.content.decode()


def test_a_preview_shows_what_would_be_sent_and_writes_nothing(world: World, operator: Client) -> None:
    flow = world.flow("visma-orderful.purchase-orders")
    page = operator.get(address(world, "flow_preview", flow.pk))
    text = page.content.decode()
    assert page.status_code == 200
    found = engine.preview(flow)
    assert (found.problem, len(found.shown)) == ("", engine.MOST)
    for one in found.shown:
        assert one.sent, one.planned
        assert one.document is not None
        assert one.planned.business_number in text
    assert "It would be sent as original" in text
    assert "What would be sent" in text
    assert not [m for m in (Run, Record, Delivery, Attempt, Exchange) if m.objects.exists()]
    asked = world.simulators.requests()
    assert [r["path"] for r in asked if r["method"] != "GET" and "token" not in r["path"]] == []
    assert [r for r in asked if r["method"] == "GET"]


def test_what_would_be_refused_is_shown_where_nothing_would_be_sent(world: World, operator: Client) -> None:
    flow = world.flow("visma-orderful.purchase-orders")
    Flow.objects.filter(pk=flow.pk).update(settings={"statuses": []})
    found = engine.preview(Flow.objects.get(pk=flow.pk))
    assert found.shown == []
    assert sum(found.others.values()) == found.looked_at > 0
    text = operator.get(address(world, "flow_preview", flow.pk)).content.decode()
    assert "None of the records that were looked at would be sent." in text


def test_a_source_that_does_not_answer_is_a_sentence(world: World, operator: Client) -> None:
    Connection.objects.filter(key="visma").update(settings=world.connection("visma").settings | {"tenant_id": "wrong"})
    flow = world.flow("visma-orderful.purchase-orders")
    page = operator.get(address(world, "flow_preview", flow.pk))
    assert page.status_code == 200
    assert "no access to Visma tenant wrong" in page.content.decode()
    assert engine.preview(flow).problem
