"""The client against the simulated Visma: pages, faults, tokens, versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from edi.documents import t810, t850
from edi.documents.building import BuildOptions
from edi.documents.values import Party
from integrations.http import breaker
from integrations.http.errors import (
    ConfigError,
    Conflict,
    Fault,
    NotFound,
    Paused,
    RateLimited,
    Rejected,
    Transient,
    Unauthorized,
    Unknown,
)
from integrations.http.session import Session
from integrations.models import AccessToken, Connection, RateBudget
from integrations.systems.contract import Item, Source, Unmappable, Window
from integrations.systems.visma import mapping
from integrations.systems.visma.client import ETag, VismaClient
from integrations.systems.visma.settings import Options
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.spec import check_request, require_specs
from tests.integrations.systems.visma.conftest import requests_of

FEEDS = ("suppliers", "purchase-orders", "supplier-invoices")
ENTITIES = {"suppliers": "supplier", "purchase-orders": "purchaseOrder", "supplier-invoices": "supplierInvoice"}
ORDERS = "^/v1/purchaseorder"
BUYER = Party(role="buyer", name="Köparen AB")


@pytest.fixture
def client(connection: Connection, session: Session) -> VismaClient:
    return VismaClient(session, Options.of(connection))


@pytest.fixture
def open_source(connection: Connection, session: Session) -> Callable[[str], Source]:
    return lambda feed: SYSTEM.feed(feed).open(connection, session)


def window(source: Source, *, back: dt.timedelta | None) -> Window:
    now = source.now()
    assert now is not None
    return Window(start=None if back is None else now - back, end=now)


def read(source: Source, *, back: dt.timedelta | None = None) -> list[Item]:
    return [item for page in source.read(window(source, back=back), None) for item in page.items]


def fault_of(call: Callable[[], Any]) -> Fault:
    with pytest.raises(Fault) as caught:
        call()
    assert caught.value.sentence
    return caught.value


# --- Lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("feed", FEEDS)
def test_everything_is_read(feed: str, visma: Served, open_source: Callable[[str], Source]):
    """The simulator has four companies; only ours may come."""
    items = read(open_source(feed))
    assert items
    assert not [item.problem for item in items if item.problem]
    assert all(item.source_version and item.modified_at and item.business_number for item in items)
    assert len({item.source_id for item in items}) == len(items)
    if feed == "supplier-invoices":
        assert {item.source_id.partition("/")[0] for item in items} > {"Invoice", "DebitAdj"}


@pytest.mark.parametrize("feed", FEEDS)
def test_calls_follow_the_specification(feed: str, visma: Served, open_source: Callable[[str], Source]):
    require_specs("visma")
    read(open_source(feed), back=dt.timedelta(days=2))
    item = read(open_source(feed))[0]
    open_source(feed).fetch(item.source_id)
    for entry in requests_of(visma):
        path = entry["path"].removeprefix("/visma")
        check_request("visma", entry["method"], path, entry["query"], None)


def test_calls_for_what_changed(visma: Served, session: Session, open_source: Callable[[str], Source]):
    source = open_source("purchase-orders")
    read(source)
    visma.advance(1800)
    source = open_source("purchase-orders")
    session.calls = 0
    assert read(source, back=dt.timedelta(minutes=5)) == []
    assert session.calls == 1, "an idle poll is one call"
    session.last_date = None
    changed = visma.mutate("purchaseOrder", {"supplierRef": "NY-1"}, count=7)
    session.get("v1/branch")  # the clock of an answer after the change
    session.calls = 0
    items = read(source, back=dt.timedelta(minutes=5))
    assert len(items) == len(changed) == 7
    assert session.calls == 1


@pytest.mark.parametrize("form", ["zoneless", "z", "offset"])
@pytest.mark.parametrize("sort", ["key", "modified", "random"])
def test_forms_of_time_and_orders_of_rows(form: str, sort: str, visma: Served, connect: Callable[..., Connection]):
    visma.options(timestamp_form=form, sort=sort, page_cap=20)
    connection = connect(page_size=500)
    session = SYSTEM.session(connection)
    source = SYSTEM.feed("purchase-orders").open(connection, session)
    everything = read(source)
    assert len({item.source_id for item in everything}) == len(everything)
    visma.advance(3000)
    changed = visma.mutate("purchaseOrder", {"supplierRef": "NY-1"}, count=31)
    session.get("v1/branch")
    source = SYSTEM.feed("purchase-orders").open(connection, session)
    session.calls = 0
    items = read(source, back=dt.timedelta(minutes=30))
    ours = {item.source_id for item in everything}
    wanted = {key.rpartition("/")[2] for key in changed} & ours
    assert wanted <= {item.source_id for item in items} <= ours
    assert session.calls <= -(-len(items) // 20) + 1
    now = session.last_date
    assert now is not None
    assert all(abs(item.modified_at - now) < dt.timedelta(minutes=5) for item in items if item.modified_at)
    session.close()


@pytest.mark.parametrize("feed", FEEDS)
def test_one_record(feed: str, open_source: Callable[[str], Source]):
    source = open_source(feed)
    listed = read(source)[0]
    fetched = source.fetch(listed.source_id)
    assert fetched is not None
    assert (fetched.source_id, fetched.source_version) == (listed.source_id, listed.source_version)
    assert fetched.fingerprint == listed.fingerprint, "a record says the same alone as in its list"


@pytest.mark.parametrize(
    ("feed", "source_id"), [("suppliers", "nobody"), ("purchase-orders", "A/B"), ("supplier-invoices", "Invoice/none")]
)
def test_record_that_is_not_there(feed: str, source_id: str, open_source: Callable[[str], Source]):
    assert open_source(feed).fetch(source_id) is None


@pytest.mark.parametrize("country", ["SE", "NO", "DK", "FI"])
@pytest.mark.parametrize("header_amounts", ["names", "descriptions"])
def test_books_of_all_companies_become_documents(
    country: str, header_amounts: str, visma: Served, connect: Callable[..., Connection]
):
    """Whichever currency the header's figures are in. What has no unit gets one, as a flow's settings may do."""
    visma.options(header_amounts=header_amounts)
    connection = connect(country)
    session = SYSTEM.session(connection)
    zone = Options.of(connection).zone
    options = BuildOptions(units={"": "EA", "TUR": "EA"})
    feeds = {feed: read(SYSTEM.feed(feed).open(connection, session)) for feed in FEEDS}
    suppliers = {found.number: found for found in (mapping.supplier(item.raw) for item in feeds["suppliers"])}
    for item in feeds["purchase-orders"]:
        order = mapping.purchase_order(item.raw, buyer=BUYER, zone=zone)
        seller = order.party("supplier")
        assert seller is not None
        known = suppliers[seller.id_of("buyer")]
        order = mapping.purchase_order(item.raw, buyer=BUYER, zone=zone, supplier=known)
        assert t850.build(order, options)
    kinds = set()
    for item in feeds["supplier-invoices"]:
        if item.kind == "Prepayment":
            with pytest.raises(Unmappable):
                mapping.supplier_invoice(item.raw, buyer=BUYER, zone=zone)
            continue
        invoice = mapping.supplier_invoice(item.raw, buyer=BUYER, zone=zone)
        assert t810.build(invoice, options)
        kinds.add(invoice.kind)
    assert kinds == {"invoice", "credit_note", "debit_note"}
    session.close()


# --- Faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (500, Transient), ("503html", Transient), (502, Transient), ("reset", Transient), ("malformed", Transient),
        (404, Transient), (403, ConfigError), ("timeout_before", Transient), ("slow", Transient),
    ],
)  # fmt: skip
def test_faults_of_reads(fault: Any, kind: type[Fault], visma: Served, open_source: Callable[[str], Source]):
    source = open_source("purchase-orders")
    good = read(source)
    visma.fault(method="GET", path_regex=ORDERS, fault=fault, times=1)
    found = fault_of(lambda: read(source))
    assert type(found) is kind
    assert read(source) == good, "and the next read is whole again"


def test_read_that_breaks_in_the_middle_goes_on(visma: Served, connect: Callable[..., Connection]):
    connection = connect(page_size=20)
    session = SYSTEM.session(connection)
    source = SYSTEM.feed("purchase-orders").open(connection, session)
    whole = read(source)
    assert len(whole) > 40
    span = window(source, back=None)
    pages = source.read(span, None)
    first = next(pages)
    visma.fault(method="GET", path_regex=ORDERS, fault=500, times=1)
    fault_of(lambda: next(pages))
    rest = [item for page in source.read(span, first.resume) for item in page.items]
    assert [item.source_id for item in (*first.items, *rest)] == [item.source_id for item in whole]
    session.close()


def test_too_many_calls(visma: Served, connection: Connection, open_source: Callable[[str], Source]):
    source = open_source("purchase-orders")
    span = window(source, back=None)
    visma.fault(method="GET", path_regex=ORDERS, fault=429, times=1, retry_after=120)
    before = dt.datetime.now(dt.UTC)
    found = fault_of(lambda: list(source.read(span, None)))
    assert isinstance(found, RateLimited)
    assert dt.timedelta(seconds=119) < found.retry_at - before < dt.timedelta(seconds=125)
    asked = len(requests_of(visma))
    again = fault_of(lambda: list(source.read(span, None)))
    assert isinstance(again, RateLimited)
    assert len(requests_of(visma)) == asked, "nobody calls before the reset"


def test_allowance_is_learned_from_answers(visma: Served, connection: Connection, client: VismaClient):
    visma.options(rate_limit=77)
    client.get("v1/branch")
    budget = RateBudget.objects.get()
    assert budget.allowance == 77
    assert client.last_rate is not None
    assert client.last_rate.remaining is not None
    assert client.last_rate.remaining < 77


def test_allowance_that_is_used_up(visma: Served, open_source: Callable[[str], Source]):
    visma.options(rate_limit=5)
    source = open_source("suppliers")
    found = fault_of(lambda: [read(source) for _ in range(20)])
    assert isinstance(found, RateLimited)
    assert [r["status"] for r in requests_of(visma)].count(429) <= 1


# --- Tokens ---------------------------------------------------------------------------------------------------------


def logins(visma: Served) -> int:
    import requests

    log = requests.get(f"{visma.url}/_control/requests", params={"system": "visma"}, timeout=10).json()
    return sum(entry["path"].endswith("/connect/token") for entry in log)


def test_one_token_for_all_calls(visma: Served, client: VismaClient):
    for _ in range(3):
        client.get("v1/branch")
    assert logins(visma) == 1


def test_token_that_ended_early_is_replaced_once(visma: Served, connection: Connection, client: VismaClient):
    client.get("v1/branch")
    visma.fault(method="GET", path_regex="^/v1/branch", fault=401, times=1)
    assert client.get("v1/branch").status == 200
    assert logins(visma) == 2


def test_token_that_ended_in_time_is_replaced_before(visma: Served, connection: Connection, client: VismaClient):
    client.get("v1/branch")
    AccessToken.objects.update(expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30))
    client.get("v1/branch")
    assert logins(visma) == 2
    assert 401 not in [entry["status"] for entry in requests_of(visma)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "not-the-secret"}, "client secret is wrong"),
        ({"client_id": "isv_nobody"}, "client id"),
        ({"tenant_id": "00000000-0000-0000-0000-000000000000"}, "no access to Visma tenant 00000000"),
        ({"scope": "vismanet_erp_service_api:everything"}, "scopes"),
        ({"token_path": "/connect/nothing"}, "token URL"),
    ],
)
def test_refused_logins(changes: dict[str, str], words: str, visma: Served, connect: Callable[..., Connection]):
    if path := changes.pop("token_path", ""):
        changes = {"token_url": visma.base + path}
    connection = connect(**changes)
    session = SYSTEM.session(connection)
    found = fault_of(lambda: session.get("v1/branch"))
    assert isinstance(found, ConfigError)
    assert words in found.sentence
    assert found.remedy
    if not path:
        assert isinstance(fault_of(lambda: session.get("v1/branch")), Paused), "nobody hammers a login"
    session.close()


def test_tenant_id_of_the_customer(visma: Served, company: dict[str, Any], connect: Callable[..., Connection]):
    connection = connect(tenant_id=company["customer_tenant_id"])
    session = SYSTEM.session(connection)
    found = fault_of(lambda: session.get("v1/branch"))
    assert isinstance(found, ConfigError)
    assert "customer's and not the company's" in found.remedy
    assert isinstance(fault_of(lambda: session.get("v1/branch")), Paused)
    session.close()


def test_token_that_is_refused_again(visma: Served, client: VismaClient):
    visma.fault(method="GET", path_regex="^/v1/branch", fault=401, times=2)
    found = fault_of(lambda: client.get("v1/branch"))
    assert isinstance(found, Unauthorized)
    assert "customer's and not the company's" in found.remedy
    assert logins(visma) == 2, "the token, and one more after the 401"


def test_default_token_url_may_be_of_another_host(connect: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch):
    """The default stands in no setting of the connection; its host differs from the API's all the same."""
    connection = connect(token_url="")
    session = SYSTEM.session(connection)
    asked: list[str] = []

    def refuse(method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(url)
        raise Transient("no network here")

    monkeypatch.setattr(session, "_send", refuse)
    fault_of(lambda: session.get("v1/branch"))
    assert asked == ["https://connect.visma.com/connect/token"]


def test_no_call_without_the_company(visma: Served, client: VismaClient):
    client.get("v1/branch")
    headers = requests_of(visma)[-1]["headers"]
    assert headers["ipp-company-id"] == "1001"
    assert headers["ipp-application-type"] == "Visma.net Financials"


def test_wrong_company(visma: Served, connect: Callable[..., Connection]):
    session = SYSTEM.session(connect(company_id="1002"))
    found = fault_of(lambda: session.get("v1/branch"))
    assert found.certainly_not_applied
    assert not isinstance(found, Transient)
    session.close()


# --- Changing -------------------------------------------------------------------------------------------------------


def supplier_path(client: VismaClient) -> str:
    import json

    return f"v1/supplier/{json.loads(client.page('v1/supplier', 1, size=1).elements[0])['number']}"


def test_change_with_the_version_that_was_read(visma: Served, client: VismaClient):
    path = supplier_path(client)
    _, etag = client.get_with_etag(path)
    fresh = client.put(path, {"name": {"value": "Nytt namn AB"}}, etag)
    answer, now = client.get_with_etag(path)
    assert answer.json()["name"] == "Nytt namn AB"
    assert now == (fresh or now) != etag
    sent = next(entry for entry in requests_of(visma) if entry["method"] == "PUT")
    assert sent["headers"]["if-match"] == f'"{etag.value}"'


def test_change_after_somebody_else(visma: Served, client: VismaClient):
    path = supplier_path(client)
    _, etag = client.get_with_etag(path)
    client.put(path, {"name": {"value": "Först AB"}}, etag)
    found = fault_of(lambda: client.put(path, {"name": {"value": "Sedan AB"}}, etag))
    assert isinstance(found, Conflict)
    assert client.get(path).json()["name"] == "Först AB"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (500, Unknown), ("503html", Unknown), ("reset", Unknown), ("timeout_after", Unknown),
        (409, Conflict), (412, Conflict), (429, RateLimited), (403, ConfigError), (404, NotFound),
    ],
)  # fmt: skip
def test_faults_of_changes(fault: Any, kind: type[Fault], visma: Served, client: VismaClient):
    path = supplier_path(client)
    _, etag = client.get_with_etag(path)
    visma.fault(method="PUT", path_regex="^/v1/supplier", fault=fault, times=1)
    found = fault_of(lambda: client.put(path, {"name": {"value": "X"}}, etag))
    assert type(found) is kind
    assert found.certainly_not_applied == (kind is not Unknown)


def test_refused_change_names_what_is_missing(client: VismaClient):
    path = supplier_path(client)
    _, etag = client.get_with_etag(path)
    found = fault_of(lambda: client.put(path, {"creditTermsId": {"value": "TT"}}, etag))
    assert isinstance(found, Rejected)
    assert "TT" in found.sentence
    assert "VismaId" not in found.sentence


def test_change_after_an_outage_is_preceded_by_a_probe(visma: Served, connection: Connection, client: VismaClient):
    path = supplier_path(client)
    _, etag = client.get_with_etag(path)
    breaker.failed(connection, "it was down", open_now=True)
    row = breaker.breaker_of(connection)
    row.probe_after = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    row.save()
    client.put(path, {"name": {"value": "Efter AB"}}, etag)
    assert [(e["method"], e["status"]) for e in requests_of(visma)][-2:] == [("GET", 200), ("PUT", 204)]


@pytest.mark.parametrize("text", ["", '"AAE="', 'A"'])
def test_there_is_no_change_without_a_version(text: str):
    with pytest.raises(ValueError):
        ETag(text)


# --- Secrets --------------------------------------------------------------------------------------------------------


def test_nothing_secret_is_recorded(connection: Connection, session: Session, company: dict[str, Any]):
    session.get("v1/branch")
    token = AccessToken.objects.get().token
    kept = repr(session.take_exchanges())
    assert company["client_secret"] not in kept
    assert token not in kept
