"""No secret ever leaves: known ones are planted in every place that takes one, everything is used, shown, exported,
dumped and made to fail, and then all of it is searched, in every spelling.

Columns, addresses and secret settings are asked of the project itself: a new one is searched or planted without anybody
remembering.
"""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from allauth.mfa.adapter import get_adapter as second_factors
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import call_command
from django.db import connection as database
from django.db.models import BinaryField
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_scopes import scopes_disabled

from integrations.engine import dispatch
from integrations.http.errors import Fault
from integrations.http.session import BearerToken, KeyHeader, Profile, Session
from integrations.http.tokens import FetchedToken
from integrations.models import AccessToken, Breaker, Connection, RateBudget
from integrations.notices.models import Subscriber
from integrations.services import webhooks
from integrations.services.configuration.exporting import export
from integrations.systems.registry import all_systems
from portal.tenants.models import ApiKey
from tests.integrations.admin.house import PASSWORD, SECRETS, House, client_of
from tests.portal.isolation.addresses import every_address
from tests.support.http_server import Asked, Says, ScriptedServer, serving

KEY, TOKEN, HOOK, SEED = 'planted key+/="ä1', "planted-token/2", "planted-hook+3", "PLANTEDSEED4"
LIVE = ("compare", "connection_act")


def spellings(secret: str) -> set[str]:
    """As it may stand somewhere: plain, in an address, in JSON, in base64."""
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }


def found_in(text: str, planted: set[str]) -> list[str]:
    return sorted(secret for secret in planted if any(form in text for form in spellings(secret)))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving(ScriptedServer()) as scripted:
        yield scripted


def plant(house: House) -> dict[str, set[str]]:
    """One connection of every system with every secret that it declares; a webhook key, a token, a second factor, a key
    of the API. Returns the secrets by where they were planted."""
    planted: dict[str, set[str]] = {"house": set(SECRETS[:4]), "password": {PASSWORD}}
    for key, spec in all_systems().items():
        values = {s.name: f"planted {key} {s.name} ä+/=" for s in spec.settings if s.secret}
        row = Connection.objects.create(
            tenant=house.tenant, key=f"planted-{key.replace('_', '-')}", system=key, name=spec.label, secrets=values
        )
        planted[key] = set(values.values())
        with suppress(Exception):  # a system without webhooks
            webhooks.set_keys(webhooks.endpoint_of(row), [HOOK], actor=None)
    planted["webhook"] = {HOOK, webhooks.endpoint_of(house.visma).token}
    AccessToken.objects.create(tenant=house.tenant, connection=house.cleo, token=TOKEN)
    planted["token"] = {TOKEN}
    planted["subscriber"] = set(Subscriber._base_manager.values_list("secret", flat=True))
    seed = second_factors().encrypt(SEED)
    Authenticator.objects.create(user=house.customer, type="totp", data={"secret": seed})
    planted["second factor"] = {SEED}
    planted["API"] = {ApiKey.issue(tenant=house.tenant, name="planted")[1]}
    return planted


def columns() -> dict[str, str]:
    """Every column of every table as it stands in the database, by its name."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            with database.cursor() as cursor:
                cursor.execute(f'SELECT "{field.column}" FROM "{model._meta.db_table}"')  # noqa: S608
                values = [row[0] for row in cursor.fetchall()]
            raw = isinstance(field, BinaryField)
            found[f"{model._meta.label}.{field.name}"] = "\n".join(
                bytes(v).decode("latin-1") if raw and v is not None else str(v) for v in values
            )
    return found


def leaks(texts: dict[str, str], planted: dict[str, set[str]]) -> dict[str, list[str]]:
    every = set().union(*planted.values())
    return {place: hits for place, text in texts.items() if (hits := found_in(text, every))}


@pytest.fixture
def planted(house: House) -> dict[str, set[str]]:
    made = plant(house)
    assert all(made[key] for key in all_systems()), "every system has a secret"
    return made


def test_secret_search_finds_what_stands_open(house: House, planted: dict[str, set[str]]) -> None:
    """The search itself: a secret that somebody puts into a plain column is found, in any spelling."""
    assert leaks(columns(), planted) == {}
    house.issue.sentence = f"Refused: https://x.example/?key={quote('planted cleo password ä+/=')}"
    house.issue.save()
    assert leaks(columns(), planted) == {"integrations.Issue.sentence": ["planted cleo password ä+/="]}


def test_secret_stands_in_no_page_answer_export_or_dump(house: House, planted: dict[str, set[str]]) -> None:
    owner, root = client_of(house.customer), client_of(house.root)
    (key,) = planted.pop("API")
    texts = {"export": export()}
    for address in every_address(house):
        if address.name.endswith(LIVE):
            continue
        if address.part == "api":
            answer = Client().get(address.path, headers={"Authorization": f"Bearer {key}"})
        else:
            answer = (root if address.part == "admin" else owner).get(address.path)
        texts[address.path] = f"{answer.getvalue().decode('utf-8', 'replace')} {dict(answer.headers)}"
    with scopes_disabled():
        for row in Connection.objects.all():
            pages = [reverse(f"customer:{n}", args=["bruket", row.key]) for n in ("connection", "connection_edit")]
            for url in pages:
                texts[url] = owner.get(url).content.decode()
            url = reverse("admin:integrations_connection_change", args=[row.pk])
            texts[url] = root.get(url).content.decode()
            texts[f"repr of {row.key}"] = f"{row!r} {row}"
    out = StringIO()
    call_command("dumpdata", stdout=out, use_base_manager=True)
    texts["dumpdata"] = out.getvalue()
    assert "planted-cleo" in texts["dumpdata"]
    # The owner sees the webhook's address on the connection's page: it is there to be copied.
    planted["webhook"] = {HOOK}
    assert leaks(texts, planted) == {}


def calls(server: ScriptedServer, house: House) -> tuple[list[str], Session]:
    """A session whose system repeats the key, the token and the password wherever it can, and fails in every way."""
    row = Connection.objects.create(tenant=house.tenant, key="x", system="x", name="The X", secrets={"key": KEY})
    head = base64.b64encode(KEY.encode()).decode()

    def profile(auth: Any, url: str = server.url) -> Session:
        values = {"label": "The X", "base_url": url, "budget_identity": ("x",), "probe": "/probe", "deadline": 3.0}
        return Session(row, Profile(auth=auth, **values))

    said: list[str] = []

    def tried(session: Session, method: str, path: str, **values: Any) -> None:
        try:
            session.request(method, path, **values)
        except Fault as fault:
            said.append(f"{fault.sentence} {fault.remedy} {fault.technical} {fault!r}")
            said.append("".join(traceback.format_exception(fault)))
            logging.getLogger("tests").exception("the call failed")

    session = profile(KeyHeader("X-Api-Key", head))
    session.secrets |= {KEY, head}
    echo = {"message": f"The key {KEY} ({head}) is not known", "key": KEY}
    for status in (200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 503):
        server.script = [Says(status, echo, {"X-Echo": head, "Set-Cookie": f"k={head}"})]
        tried(session, "POST", "/things", params={"api_key": KEY}, json={"password": KEY})
        Breaker.objects.filter(connection=row).delete()
        RateBudget.objects.update(blocked_until=None)
    server.script = [Says(302, echo, {"Location": f"https://elsewhere.example/?api_key={quote(KEY)}"})]
    tried(session, "GET", "/things")
    closed = profile(KeyHeader("K", head), "http://127.0.0.1:9")
    closed.secrets |= {KEY, head}
    tried(closed, "GET", "/things", params={"api_key": KEY})

    def fetch(one: Session) -> FetchedToken:
        answer = one.login("/token", form={"client_secret": KEY, "grant_type": "client_credentials"})
        return FetchedToken(answer.json()["access_token"], None)

    token, bad = Says(200, {"access_token": TOKEN}), Says(400, {"bad": TOKEN})
    server.otherwise = lambda asked: token if asked.path == "/token" else bad
    Breaker.objects.filter(connection=row).delete()
    bearer = profile(BearerToken(fetch))
    tried(bearer, "GET", "/things")
    for one in (session, closed, bearer):
        for exchange in one.take_exchanges():
            said.append(repr(exchange))
            exchange.row(row, None).save()
        said.append(f"{one!r} {one.profile!r}")
    return said, session


def test_secret_stands_in_no_exchange_log_traceback_error_or_task(
    house: House,
    planted: dict[str, set[str]],
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    planted["call"] = {KEY, base64.b64encode(KEY.encode()).decode()}
    with caplog.at_level(logging.DEBUG):
        said, _ = calls(server, house)
        with django_capture_on_commit_callbacks(execute=True):
            dispatch.wake()
    asked: list[Asked] = server.asked
    sent = [json.loads(a.body) for a in asked if a.path.startswith("/things") and a.body]
    assert sent == [{"password": KEY}] * 11, "the key went out"
    assert any("Bearer planted-token/2" in str(a.headers) for a in asked), "the token went out"
    texts = {f"error {number}": text for number, text in enumerate(said)}
    texts |= {f"log {r.name} {number}": caplog.handler.format(r) for number, r in enumerate(caplog.records)}
    texts |= {f"task {row.pk}": repr(SignedPackage.loads(row.payload)) for row in OrmQ.objects.all()}
    assert any(place.startswith("task") for place in texts)
    assert len([place for place in texts if place.startswith("log tests")]) >= 8
    assert leaks({**texts, **columns()}, planted) == {}
