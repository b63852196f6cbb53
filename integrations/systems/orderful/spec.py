"""Orderful, as the engine, the forms and the documentation see it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from django.utils import timezone

from integrations.http.errors import ConfigError, Fault, Rejected
from integrations.http.session import KeyHeader, Profile, Session
from integrations.models import Connection
from integrations.systems import received
from integrations.systems.contract import FeedSpec, SinkSpec, Step, System
from integrations.systems.orderful import errors, relationships, wire
from integrations.systems.orderful.acknowledging import Acknowledgments
from integrations.systems.orderful.choices import OFFERS
from integrations.systems.orderful.client import Client
from integrations.systems.orderful.settings import SETTINGS, Options
from integrations.systems.orderful.sinks import Transactions
from integrations.systems.orderful.sources import Inbox, Statuses

CLOCK_TOLERANCE = dt.timedelta(minutes=2)
PROBE = "/v3/organizations/me"


def session(connection: Connection) -> Session:
    """A session with the API key. Orderful states no allowance of calls; a 429 stops them for a while."""
    options = Options.of(connection)
    return Session(
        connection,
        Profile(
            label="Orderful",
            base_url=options.host,
            auth=KeyHeader("orderful-api-key", options.api_key),
            fault=errors.fault,
            budget_identity=_budget_identity(connection),
            probe=PROBE,
            deadline=float(options.deadline_seconds),
        ),
    )


def _budget_identity(connection: Connection) -> tuple[str, ...]:
    return (str(connection.pk),)


# --- The live test ---


def checks(connection: Connection, session: Session) -> Iterator[Step]:
    """Address and key, clock, ids, relationships, and whether transactions can be looked up."""
    options = Options.of(connection)
    client = Client(session, options)
    try:
        organization = client.organization()
    except Fault as fault:
        name = "API key" if isinstance(fault, ConfigError) else f"Reach {options.host}"
        yield Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or "Check region and own address.")
        return
    yield Step(name=f"Reach {options.host}", ok=True, detail="It answers.")
    yield Step(name="API key", ok=True, detail=f"It belongs to {organization.name} (organization {organization.id}).")
    yield _clock(session)
    yield from _ids(organization, options)
    yield from _relationships(client, options)
    yield _list(client)


def _clock(session: Session) -> Step:
    if session.last_date is None:
        return Step(name="Clock", ok=True, detail="Orderful did not state its time.")
    apart = abs(session.last_date - timezone.now())
    seconds = round(apart.total_seconds())
    return Step(
        name="Clock",
        ok=apart <= CLOCK_TOLERANCE,
        detail=f"Our clocks differ by {seconds} s.",
        remedy="" if apart <= CLOCK_TOLERANCE else "Set this machine's clock by a time server.",
    )


def _ids(organization: wire.Organization, options: Options) -> Iterator[Step]:
    accounts = organization.edi_accounts
    listed = "; ".join(_account(a) for a in accounts)
    yield Step(
        name="EDI accounts",
        ok=bool(accounts),
        detail=listed or "The organization has no EDI account.",
        remedy="" if accounts else "Create an EDI account in Orderful.",
    )
    for stream, own, known in (
        ("live", options.sender_id, {a.live_isa_id for a in accounts}),
        ("test", options.test_sender_id, {a.test_isa_id for a in accounts}),
    ):
        if own:
            yield Step(
                name=f"Our {stream} id",
                ok=own in known,
                detail=f"{own} is {'one' if own in known else 'none'} of the account's {stream} ids.",
                remedy="" if own in known else "Take the id from the line above.",
            )


def _account(account: wire.EdiAccount) -> str:
    ids = f"{account.name}: live {account.live_isa_id or 'none'}, test {account.test_isa_id or 'none'}"
    same = account.live_isa_id and account.live_isa_id == account.test_isa_id
    return f"{ids} (the same: partners cannot tell test from live)" if same else ids


def _relationships(client: Client, options: Options) -> Iterator[Step]:
    try:
        found = client.relationships()
    except Fault as fault:
        yield Step(name="Relationships", ok=False, detail=fault.sentence, remedy=fault.remedy or "Test again later.")
        return
    if found is None:
        yield Step(
            name="Relationships",
            ok=True,
            detail="The key may not list them. Documents are sent without looking first; Orderful refuses what has "
            "none.",
        )
        return
    counts = Counter((r.transaction_type.name, r.status) for r in found)
    listed = ", ".join(f"{count} × {kind} {status}" for (kind, status), count in sorted(counts.items()))
    yield Step(
        name="Relationships",
        ok=bool(found),
        detail=listed or "There are none: nothing can be sent yet.",
        remedy="" if found else "Set up a relationship with a trading partner in Orderful.",
    )
    ready = [r for r in found if relationships.usable(r, options.stream)]
    if found:
        yield Step(
            name=f"Ready for {options.stream}",
            ok=bool(ready),
            detail=f"{len(ready)} of {len(found)} relationships take the {options.stream} stream.",
            remedy=""
            if ready
            else "Finish a relationship in Orderful, or choose another default stream than {options.stream}.",
        )
    by_hand = [r for r in ready if r.auto_send == "DISABLED"]
    if by_hand:
        names = ", ".join(f"{r.transaction_type.name} to {r.receiver.organization_name}" for r in by_hand[:5])
        yield Step(
            name="Automatic sending",
            ok=True,
            detail=f"It is off for {len(by_hand)} relationships ({names}): what goes there waits until somebody "
            "presses Send.",
        )


def _list(client: Client) -> Step:
    """The list by number is what a document of unknown outcome is looked for with."""
    name = "Look up transactions"
    try:
        for _ in client.transactions({"businessNumber": "ml-connector-live-test"}, pages=1):
            pass
    except Rejected as fault:
        return Step(name=name, ok=True, detail=f"Only unfiltered ({fault.sentence}): looking takes longer, but works.")
    except Fault as fault:
        return Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or "Test again later.")
    return Step(name=name, ok=True, detail="By business number.")


SYSTEM = System(
    key="orderful",
    label="Orderful",
    settings=SETTINGS,
    session=session,
    checks=checks,
    offers=OFFERS,
    feeds=(
        FeedSpec(
            key="inbox",
            label="Inbox: documents from trading partners",
            entity="partner-message",
            open=Inbox,
            reads="inbox",
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
        FeedSpec(
            key="statuses",
            label="Statuses of sent documents",
            entity="status",
            open=Statuses,
            reads="inbox",
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
        *received.feeds(acknowledges=False),
    ),
    sinks=(
        SinkSpec(key="transactions", label="Transactions", open=Transactions),
        SinkSpec(key="acknowledgments", label="Acknowledgments", open=Acknowledgments),
    ),
    is_network=True,
    budget_identity=_budget_identity,
)
