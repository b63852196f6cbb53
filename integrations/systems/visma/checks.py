"""The live test of a connection: addresses, token, company, rights, clock, time zone, allowance of calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial

from integrations.http.budget import RateReading
from integrations.http.egress import check_address
from integrations.http.errors import Fault
from integrations.http.session import Session
from integrations.models import Connection, Feed
from integrations.systems.contract import Step
from integrations.systems.visma import stamps
from integrations.systems.visma.client import VismaClient
from integrations.systems.visma.errors import LABEL
from integrations.systems.visma.resources import RESOURCES, Resource
from integrations.systems.visma.settings import Options
from integrations.systems.visma.wire import Organization

ALWAYS = frozenset({"suppliers", "purchase-orders", "supplier-invoices"})
"""Feeds whose lists every integration reads, sooner or later; the others are tested when a flow reads them."""
MOST_DIFFERENCE = dt.timedelta(minutes=2)
"""How far our clock may be off Visma's: tokens and retries are timed by ours."""
FUTURE = dt.timedelta(minutes=2)
"""A change that is stamped later than this after Visma's own clock is stamped in another time zone."""


def run(connection: Connection, session: Session) -> Iterator[Step]:
    """The steps, as they are made. Stops after one without which the next make no sense. At most 13 calls."""
    session.for_people = True
    options = Options.of(connection)
    client = VismaClient(session, options)
    needed = (partial(_addresses, options), partial(_token, session, options), partial(_company, client, options))
    for make in needed:
        step = make()
        yield step
        if not step.ok:
            return
    readable = True
    for resource in _needed(connection):
        step = _readable(client, resource)
        readable = readable and step.ok
        yield step
    yield _clock(session)
    if readable:
        yield _zone(client, session)
    yield _allowance(client.last_rate)


def _needed(connection: Connection) -> list[Resource]:
    """What the connection's flows read, by its feeds."""
    read = set(Feed.objects.filter(connection=connection, enabled=True).values_list("key", flat=True))
    return [resource for resource in RESOURCES if resource.feed in ALWAYS | read]


def _addresses(options: Options) -> Step:
    name = "Reach Visma"
    try:
        for url in (options.token_url, options.base_url):
            check_address(url)
    except Fault as fault:
        return _failed(name, fault, "Check base URL and token URL, and that this machine may reach them.")
    return Step(name=name, ok=True, detail=f"{options.base_url} and {options.token_url} can be looked up.")


def _token(session: Session, options: Options) -> Step:
    name = "Get a token"
    try:
        session.profile.auth.headers(session, None)
    except Fault as fault:
        return _failed(name, fault, "Check client id, client secret and Visma tenant id.")
    return Step(name=name, ok=True, detail=f"Visma Connect gives {options.client_id} a token.")


def _company(client: VismaClient, options: Options) -> Step:
    """Which company answers: a person must recognise it."""
    name = "Find the company"
    remedy = "Check company id and Visma tenant id: both must belong to the same company."
    try:
        companies: list[Organization] = client.decode(client.get("v1/organization"), list[Organization])
    except Fault as fault:
        return _failed(name, fault, remedy)
    if not companies:
        return Step(
            name=name,
            ok=False,
            detail=f"{LABEL} shows no company under company id {options.company_id}.",
            remedy=remedy,
        )
    named = "; ".join(
        ", ".join(part for part in (c.name, c.corporate_id, c.base_currency) if part) or "without name"
        for c in companies
    )
    return Step(name=name, ok=True, detail=f"Company id {options.company_id} is {named}.")


def _readable(client: VismaClient, resource: Resource) -> Step:
    name = f"Read {resource.label.lower()}"
    try:
        page = client.page(resource.path, 1, size=1)
    except Fault as fault:
        return _failed(name, fault, "Check the application's scopes and its approval in the Visma App Store.")
    total = page.total if page.total is not None else len(page.elements)
    return Step(name=name, ok=True, detail=f"{total} there." if total else "None there yet.")


def _clock(session: Session) -> Step:
    name = "Compare clocks"
    theirs = session.last_date
    if theirs is None:
        return Step(name=name, ok=True, detail=f"{LABEL} does not state its time; ours is used.")
    difference = theirs - dt.datetime.now(dt.UTC)
    seconds = round(abs(difference).total_seconds())
    detail = f"Visma's clock is {seconds} s {'ahead of' if difference > dt.timedelta() else 'behind'} ours."
    if abs(difference) <= MOST_DIFFERENCE:
        return Step(name=name, ok=True, detail=detail)
    return Step(
        name=name, ok=False, detail=detail, remedy="Set this machine's clock, best by NTP. Changes are read by Visma's."
    )


def _zone(client: VismaClient, session: Session) -> Step:
    """Looks for proof of the zone in which changes are stamped.

    Nothing can be stamped later than now. So a change that is found after now on the clocks of the set zone proves
    that zone wrong; one that is found after now on UTC's clocks, and not on the zone's, proves that stamps are not
    in UTC.
    """
    name, zone, now = "Check the time zone", client.options.zone, session.last_date
    if now is None:
        return Step(name=name, ok=True, detail="Not checked: Visma does not state its time.")
    ahead = now.astimezone(zone).utcoffset() or dt.timedelta()
    try:
        if _any_changed_since(client, stamps.wall_clock(now + FUTURE, zone)):
            return Step(
                name=name,
                ok=False,
                detail=f"Changes are stamped later than it is now in {zone.key}: Visma's stamps are in another time "
                "zone.",
                remedy="Choose the time zone of the company in Visma, as Europe/Stockholm or Europe/Helsinki.",
            )
        proved = ahead > FUTURE and _any_changed_since(client, stamps.wall_clock(now + FUTURE, zone, back=ahead))
    except Fault as fault:
        return _failed(name, fault, "Test again later.")
    if ahead <= FUTURE:
        return Step(name=name, ok=True, detail=f"Nothing is stamped later than it is now in {zone.key}.")
    if proved:
        return Step(name=name, ok=True, detail=f"Changes of the last hours are stamped by the clocks of {zone.key}.")
    return Step(
        name=name,
        ok=True,
        detail=f"No change of the last hours proves that stamps are in {zone.key}. To be sure, save any supplier in "
        "Visma and test again; if this stays, its stamps may be in UTC, and with the wrong zone changes are missed.",
    )


def _any_changed_since(client: VismaClient, wall_clock: str) -> bool:
    asked = (resource for resource in RESOURCES if resource.feed in ALWAYS)
    return any(client.page(resource.path, 1, changed_since=wall_clock, size=1).elements for resource in asked)


def _allowance(rate: RateReading | None) -> Step:
    name = "Look at the allowance of calls"
    if rate is None or rate.remaining is None:
        return Step(name=name, ok=True, detail="Visma does not state it; the connection's setting counts.")
    of = f" of {rate.allowance}" if rate.allowance is not None else ""
    when = f", new ones in {round(rate.resets_in.total_seconds() / 60)} minutes" if rate.resets_in is not None else ""
    return Step(
        name=name,
        ok=rate.remaining > 0,
        detail=f"{rate.remaining}{of} calls are left{when}.",
        remedy="" if rate.remaining > 0 else "Wait for the next hour, or ask Visma for a higher limit.",
    )


def _failed(name: str, fault: Fault, remedy: str) -> Step:
    return Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or remedy)
