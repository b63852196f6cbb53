"""Airbase, as the engine, the forms and the documentation see it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace

from integrations.http import breaker
from integrations.http.errors import Fault, Unauthorized
from integrations.http.session import KeyHeader, Profile, Session
from integrations.models import Connection
from integrations.systems.airbase import errors, wire
from integrations.systems.airbase.client import Client
from integrations.systems.airbase.errors import LABEL, NOT_OFFERED
from integrations.systems.airbase.settings import ALL, SETTINGS, UNKNOWN_TYPE, Options, named
from integrations.systems.airbase.sinks import SINKS
from integrations.systems.airbase.sources import NewVendors, Payments
from integrations.systems.airbase.subsidiaries import CHOOSE, OFFERS, Subsidiaries
from integrations.systems.contract import Account, FeedSpec, Step, System

OTHER_SCHEME = {"Bearer": "Token", "Token": "Bearer"}


def session(connection: Connection) -> Session:
    """A session with the tenant's fixed key."""
    return _session(connection, Options.of(connection))


def _session(connection: Connection, options: Options) -> Session:
    return Session(
        connection,
        Profile(
            label=LABEL,
            base_url=options.base_url,
            auth=KeyHeader("Authorization", f"{options.auth_scheme} {options.api_key}"),
            fault=errors.fault,
            rate=errors.rate_reading,
            budget_identity=_budget_identity(connection),
            allowance=options.calls_per_minute,
            window=dt.timedelta(minutes=1),
            probe=f"{options.subsidiaries_path}?page_size=1",
            deadline=float(options.deadline_seconds),
        ),
    )


def _budget_identity(connection: Connection) -> tuple[str, ...]:
    return (str(connection.pk),)


def _account(settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Account:
    address = str(settings.get("base_url") or "").strip().rstrip("/").casefold()
    chosen = named(str(settings.get("subsidiary") or ""))
    return Account((address, str(secrets.get("api_key") or "")), frozenset() if ALL in chosen else chosen)


def checks(connection: Connection, session: Session) -> Iterator[Step]:
    """The live test: address and key, what the tenant offers, what may be written. Settings that it finds to be
    otherwise are learned from it."""
    options = Options.of(connection)
    found = _reach(connection, session, options)
    yield found
    if not found.ok:
        return
    if scheme := found.learned.get("auth_scheme"):
        options = _with(options, auth_scheme=scheme)
        session = _session(connection, options)
        session.for_people = True
    client = Client(session, options)
    yield _subsidiaries(client)
    yield _offers(client)
    yield _entries(client)


def _reach(connection: Connection, session: Session, options: Options) -> Step:
    name = f"Reach {options.base_url}"
    try:
        session.get(options.vendors_path, params={"page_size": 1})
    except Unauthorized as refused:
        other = OTHER_SCHEME[options.auth_scheme]
        breaker.reset(connection)  # the refusal closed it, and one other word is worth a try
        probe = _session(connection, _with(options, auth_scheme=other))
        probe.for_people = True
        try:
            probe.get(options.vendors_path, params={"page_size": 1})
        except Fault:
            return Step(
                name=name,
                ok=False,
                detail=refused.sentence,
                remedy="Make a new API key in the Airbase portal. The key belongs to one tenant and one address.",
            )
        finally:
            probe.close()
        return Step(
            name=name,
            ok=True,
            detail=f"The key is known with the word {other} before it, not {options.auth_scheme}.",
            learned={"auth_scheme": other},
        )
    except Fault as fault:
        return Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or "Check the address.")
    return Step(name=name, ok=True, detail="It answers and knows the key.")


def _subsidiaries(client: Client) -> Step:
    """Which there are, and whether it is clear which of them is the company."""
    found = Subsidiaries(client)
    if not found.rows:
        remedy = "Make the subsidiary in Airbase first: bills and payments belong to one."
        return Step(name="Subsidiaries", ok=False, detail="0 are there.", remedy=remedy)
    if problem := found.problem():
        return Step(name="Subsidiaries", ok=False, detail=problem, remedy=CHOOSE)
    return Step(name="Subsidiaries", ok=True, detail=f"{len(found.rows)} are there.")


def _offers(client: Client) -> Step:
    """Whether bills, purchase orders and payments are there."""
    missing = []
    for label, path in (
        ("bills", client.options.bills_path),
        ("purchase orders", client.options.purchase_orders_path),
        ("payments", client.options.payments_path),
    ):
        try:
            client.session.get(path, params={"page_size": 1})
        except Fault as fault:
            if fault.status not in NOT_OFFERED:
                return Step(name="What it offers", ok=False, detail=fault.sentence, remedy=fault.remedy)
            missing.append(label)
    if missing:
        return Step(
            name="What it offers",
            ok=True,
            detail=f"This tenant has no {', no '.join(missing)} over the API. Bills and purchase orders are not sent; "
            "payments come back as ledger entries.",
            learned={"resources": "ledger"},
        )
    return Step(
        name="What it offers", ok=True, detail="Bills, purchase orders and payments.", learned={"resources": "all"}
    )


def _entries(client: Client) -> Step:
    """How much waits, and of which types: which of them are payments is a setting."""
    name = "Ledger entries"
    page = next(client.pages(client.options.ledger_path, status=client.options.ready_status), ())
    types = Counter(_type_of(raw) for raw in page)
    listed = ", ".join(f"{count} of type “{kind}”" for kind, count in sorted(types.items()))
    detail = f"{len(page)} wait to be booked on the first page" + (f": {listed}." if listed else ".")
    unknown = sorted(kind for kind in types if not client.options.knows_type(kind))
    if not unknown:
        return Step(name=name, ok=True, detail=detail)
    return Step(
        name=name,
        ok=True,
        detail=f"{detail} No setting says what “{'”, “'.join(unknown)}” is: nothing of it is booked.",
        remedy=UNKNOWN_TYPE,
    )


def _type_of(raw: bytes) -> str:
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(raw, type=wire.Entry, strict=False).type or ""
    return ""


def _with(options: Options, **changes: object) -> Options:
    return replace(options, **changes)


SYSTEM = System(
    key="airbase",
    label=LABEL,
    settings=SETTINGS,
    session=session,
    checks=checks,
    one_company=True,
    feeds=(
        FeedSpec(
            key="payments",
            label="Approved payments",
            entity="payment",
            open=Payments,
            reads="inbox",
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
        FeedSpec(
            key="vendors",
            label="Vendors made in Airbase",
            entity="vendor",
            open=NewVendors,
            reads="inbox",
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
    ),
    sinks=SINKS,
    offers=OFFERS,
    account=_account,
    budget_identity=_budget_identity,
)
