"""Nobody sees or changes another company's anything: every address that Django knows, as a stranger, as nobody, as a
customer at the admin, with keys that are foreign, revoked, or only look.

The addresses are asked of the resolver. A new one is tried as soon as it is there; one that cannot be filled from the
house's rows, or that nobody said for whom it is, fails here.
"""

from __future__ import annotations

import datetime as dt
import itertools
import socket
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.services import webhooks
from integrations.systems.webhooks import RECEIVERS
from portal.tenants.models import ApiKey
from tests.integrations.admin.house import PERSONAL, SECRETS, House, client_of
from tests.portal.customer.conftest import Customers
from tests.portal.isolation.addresses import Address, belongings, every_address, every_route, part_of

MARKS = (
    "Bruket AB", "500123", "500124", "Bergstr", "Visma with Orderful", "has no VAT number", "kund@house.example",
    "the folder is there", "500 123", *SECRETS, *PERSONAL,
)  # fmt: skip
"""What stands in the house's rows and nowhere else."""
METHODS = ("get", "post", "put", "patch", "delete")
BODY = {"reason": "because", "what": "revoke", "pk": "1", "ids": "1", "role": "owner", "state": "delivered"}


@pytest.fixture
def addresses(house: House) -> list[Address]:
    return every_address(house)


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing outside is looked up: a page that calls a system fails at once."""

    def refuse(*args: Any, **values: Any) -> Any:
        raise socket.gaierror("no names here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def text_of(answer: Any) -> str:
    return f"{answer.getvalue().decode('utf-8', 'replace')} {dict(answer.headers)}"


def leaks(answer: Any) -> list[str]:
    text = text_of(answer)
    return [mark for mark in MARKS if mark in text]


def ask(client: Client, method: str, path: str, **values: Any) -> Any:
    if method == "get":
        return client.get(path, **values)
    if path.startswith("/api/"):
        return getattr(client, method)(path, b"{}", content_type="application/json", **values)
    return client.post(path, BODY, **values) if method == "post" else getattr(client, method)(path, **values)


def test_isolation_knows_every_address(addresses: list[Address]) -> None:
    parts = [part_of(route, name) for route, name, _ in every_route()]
    assert {address.part for address in addresses} == set(parts) - {"webhook"}
    assert len({address.name for address in addresses if address.part == "portal"}) == parts.count("portal")
    assert len({address.name for address in addresses if address.part == "api"}) == parts.count("api")
    assert len([address for address in addresses if address.part == "admin"]) > 200


def test_isolation_the_marks_stand_in_what_members_see(
    house: House, addresses: list[Address], customers: Customers
) -> None:
    """Without this the tests below could look for the wrong words."""
    owner = client_of(customers.owner)
    seen = {mark for a in addresses if a.name in SEEN for mark in leaks(owner.get(a.path))}
    assert seen >= {"Bruket AB", "500123", "500124", "has no VAT number"}
    assert seen.isdisjoint({*SECRETS, *PERSONAL})


SEEN = {"customer:home", "customer:documents", "customer:issues", "customer:integrations", "customer:activity"}


@pytest.mark.parametrize("who", ["stranger", "nobody", "staff without a company"])
def test_isolation_of_the_portal(house: House, addresses: list[Address], customers: Customers, who: str) -> None:
    client = client_of({"stranger": customers.stranger, "nobody": None}.get(who, house.staff))
    before, wrong = belongings(house), {}
    for address in addresses:
        if address.part != "portal":
            continue
        for method in METHODS if address.name in SEEN else METHODS[:2]:
            answer = ask(client, method, address.path)
            expected = {302} if who == "nobody" else {404}
            if answer.status_code not in expected or leaks(answer):
                wrong[f"{method} {address.path}"] = (answer.status_code, leaks(answer))
    assert wrong == {}
    assert belongings(house) == before


def test_isolation_of_rows_under_ones_own_company(house: House, addresses: list[Address], customers: Customers) -> None:
    """The address names the stranger's company, and a row of somebody else's: an owner's rights do not help."""
    client, before, wrong = client_of(customers.stranger), belongings(house), {}
    for address in addresses:
        if address.part != "portal" or address.name.endswith((":integration_new", ":connection_new_of")):
            continue
        for method in METHODS[:2]:
            answer = ask(client, method, address.elsewhere)
            if answer.status_code >= 500 or leaks(answer):
                wrong[f"{method} {address.elsewhere}"] = (answer.status_code, leaks(answer))
    assert wrong == {}
    assert belongings(house) == before


@pytest.mark.parametrize("who", ["owner", "nobody"])
def test_isolation_of_the_admin(house: House, addresses: list[Address], customers: Customers, who: str) -> None:
    client = client_of(customers.owner if who == "owner" else None)
    before, wrong = belongings(house), {}
    for address in addresses:
        if address.part != "admin" or address.name in ("admin:login", "admin:logout"):
            continue
        for method in METHODS[:2]:
            answer = ask(client, method, address.path)
            turned_away = answer.status_code in (302, 403, 404) and not answer.get("Location", "").startswith(
                reverse("admin:index") + "integrations"
            )
            if not turned_away or leaks(answer):
                wrong[f"{method} {address.path}"] = (answer.status_code, leaks(answer))
    assert wrong == {}
    assert belongings(house) == before


@pytest.fixture
def keys(house: House) -> dict[str, str]:
    """Keys by what is wrong with them."""
    now = timezone.now()
    rights = {field.name: True for field in ApiKey._meta.fields if field.name.startswith("may_")}
    made = {
        "foreign": ApiKey.issue(tenant=house.other, name="a", **rights)[1],
        "revoked": ApiKey.issue(tenant=house.tenant, name="b", **rights, revoked_at=now)[1],
        "expired": ApiKey.issue(tenant=house.tenant, name="c", expires_at=now - dt.timedelta(days=1))[1],
        "looks": ApiKey.issue(tenant=house.tenant, name="d")[1],
    }
    made["guessed"] = made["looks"][:-1] + ("a" if made["looks"][-1] != "a" else "b")
    return {**made, "none": ""}


def headers_of(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def test_isolation_of_the_api(house: House, addresses: list[Address], keys: dict[str, str]) -> None:
    before, wrong = belongings(house), {}
    for address in addresses:
        if address.part != "api":
            continue
        has_row = address.path.count("/") > 3
        for method in METHODS:
            answer = ask(Client(), method, address.path, headers=headers_of(keys["foreign"]))
            if answer.status_code not in ((404, 405) if has_row else (200, 400, 405)) or leaks(answer):
                wrong[f"{method} {address.path}"] = (answer.status_code, leaks(answer))
    assert wrong == {}
    assert belongings(house) == before


def test_isolation_of_the_api_without_a_key_that_is_valid(
    house: House, addresses: list[Address], keys: dict[str, str]
) -> None:
    client, before, wrong = Client(), belongings(house), {}
    for address in addresses:
        if address.part == "api":
            for which, method in itertools.product(("revoked", "expired", "guessed", "none"), METHODS[:2]):
                answer = ask(client, method, address.path, headers=headers_of(keys[which]))
                if answer.status_code != 401 or leaks(answer):
                    wrong[f"{method} {address.path} {which}"] = (answer.status_code, leaks(answer))
    assert wrong == {}
    assert belongings(house) == before


def test_isolation_a_key_that_only_looks_changes_nothing(
    house: House, addresses: list[Address], keys: dict[str, str]
) -> None:
    before = belongings(house)
    for address in addresses:
        if address.part == "api":
            for method in METHODS[1:]:
                answer = ask(Client(), method, address.path, headers=headers_of(keys["looks"]))
                assert answer.status_code in (403, 405), f"{method} {address.path}"
    after = belongings(house)
    assert {**after, "tenants.ApiKey": []} == {**before, "tenants.ApiKey": []}


def test_isolation_a_foreign_row_answers_like_one_that_is_not_there(
    addresses: list[Address],
    keys: dict[str, str],
) -> None:
    """By the same words, and by the same work: as many queries, so that the time tells nothing either."""
    client, headers, tried = Client(), headers_of(keys["foreign"]), 0
    client.get("/api/v1/status", headers=headers)  # notes the key's use, once
    for address in addresses:
        parts = address.path.strip("/").split("/")
        if address.part != "api" or len(parts) < 4:
            continue
        missing = "/" + "/".join([*parts[:3], "987654321", *parts[4:]])
        answers, queries = [], []
        for path in (address.path, missing):
            with CaptureQueriesContext(connection) as taken:
                answers.append(ask(client, "get", path, headers=headers))
            queries.append(len(taken))
        assert answers[0].status_code == answers[1].status_code, address.path
        assert answers[0].content == answers[1].content, address.path
        assert queries[0] == queries[1], address.path
        tried += 1
    assert tried >= 8


def test_isolation_of_webhooks(house: House) -> None:
    """An address that is not known says nothing, whichever system it names, and takes nothing in."""
    endpoint = webhooks.endpoint_of(house.visma)
    webhooks.set_keys(endpoint, ["a key"], actor=None)
    before, answers = belongings(house), set()
    for system in [*RECEIVERS, "nothing"]:
        for token in ("guessed", endpoint.token[:-1], endpoint.token.swapcase(), endpoint.token):
            if (system, token) == ("visma", endpoint.token):
                continue
            answer = Client().post(reverse("api:webhook", args=[system, token]), b"{}", content_type="application/json")
            answers.add((answer.status_code, answer.content))
    assert answers == {(404, b"")}
    assert belongings(house) == before
