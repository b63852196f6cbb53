"""Cleo, as the engine, the forms and the documentation see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from integrations.http.errors import ConfigError, Fault
from integrations.http.session import BearerToken, Profile, Session
from integrations.models import Connection
from integrations.systems import received
from integrations.systems.cleo import errors, wire
from integrations.systems.cleo.choices import OFFERS
from integrations.systems.cleo.client import Client, sign_in
from integrations.systems.cleo.event_log import EventLog
from integrations.systems.cleo.mapping import file_name
from integrations.systems.cleo.matches import Matches
from integrations.systems.cleo.partner_sink import Partners
from integrations.systems.cleo.partner_source import PartnerSource
from integrations.systems.cleo.settings import SETTINGS, Options
from integrations.systems.cleo.sinks import Files
from integrations.systems.cleo.sources import Inbox
from integrations.systems.contract import FeedSpec, SinkSpec, Step, System, Unmappable


def session(connection: Connection) -> Session:
    """A session that signs in with the mailbox's password. Cleo states no allowance of calls; a 429 stops them for a
    while."""
    options = Options.of(connection)
    return Session(
        connection,
        Profile(
            label="Cleo",
            base_url=options.base_url,
            auth=BearerToken(lambda session: sign_in(session, options)),
            fault=errors.fault,
            budget_identity=_budget_identity(connection),
            probe=options.folders_path,
            deadline=float(options.deadline_seconds),
        ),
    )


def _budget_identity(connection: Connection) -> tuple[str, ...]:
    return (str(connection.pk),)


def checks(connection: Connection, session: Session) -> Iterator[Step]:
    """The live test: address, password, folders, file names, and whether connections can be seen."""
    options = Options.of(connection)
    client = Client(session, options)
    try:
        token = sign_in(session, options)
    except Fault as fault:
        name = "Sign in" if isinstance(fault, ConfigError) else f"Reach {options.base_url}"
        yield Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or "Check the address.")
        return
    life = f"for {int(token.lifetime.total_seconds())} s" if token.lifetime else "without saying for how long"
    yield Step(name=f"Reach {options.base_url}", ok=True, detail="It answers.")
    yield Step(name="Sign in", ok=True, detail=f"Cleo gave a token {life}.")
    try:
        folders = client.folders(anew=True)
    except Fault as fault:
        yield Step(
            name="Folders", ok=False, detail=fault.sentence, remedy=fault.remedy or _address_remedy("list folders")
        )
        return
    yield from _folders(folders, options)
    yield _file_names(options)
    yield _connections(client)


def _folders(folders: tuple[wire.Folder, ...], options: Options) -> Iterator[Step]:
    uploads = [f for f in folders if f.usage != "download"]
    shown = ", ".join(f.path or f.name for f in uploads[:10]) + (" …" if len(uploads) > 10 else "")
    yield Step(
        name="Folders",
        ok=bool(uploads),
        detail=f"{len(folders)} folders, {len(uploads)} of them for uploads: {shown}"
        if uploads
        else "None for uploads.",
        remedy="" if uploads else "In Cleo, give the mailbox a folder with the upload permission.",
    )
    if options.upload_folder and uploads:
        wanted = options.upload_folder.strip("/")
        there = any(wanted in (f.path.strip("/"), f.name, f.id) for f in uploads)
        yield Step(
            name="Default upload folder",
            ok=True,
            detail=f"{options.upload_folder} is there."
            if there
            else f"There is no {options.upload_folder}: each agreement must name its folder.",
        )


def _file_names(options: Options) -> Step:
    try:
        example = file_name(
            options.file_name_template,
            set_id="850",
            sender="US",
            receiver="THEM",
            control_number=1,
            business_number="500001",
            extension="x12",
        )
    except Unmappable as error:
        return Step(name="File names", ok=False, detail=error.sentence, remedy=error.remedy)
    return Step(name="File names", ok=True, detail=f"As {example}")


def _connections(client: Client) -> Step:
    name = "Connections"
    try:
        page = client.connections()
    except ConfigError as fault:
        if fault.status != 403:
            return Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy)
        return Step(
            name=name,
            ok=True,
            detail="Not visible to this user, which is normal for a mailbox. Files are not affected.",
        )
    except Fault as fault:
        return Step(name=name, ok=True, detail=f"Could not be read ({fault.sentence}). Files are not affected.")
    count = page.total_results if page.total_results is not None else len(page.resources)
    return Step(name=name, ok=True, detail=f"{count} connections are visible.")


def _address_remedy(what: str) -> str:
    return f"Compare 'Address: {what}' in the connection's settings with the API documentation of your tenant."


SYSTEM = System(
    key="cleo",
    label="Cleo Integration Cloud",
    settings=SETTINGS,
    session=session,
    checks=checks,
    offers=OFFERS,
    feeds=(
        FeedSpec(
            key="inbox",
            label="Files from trading partners",
            entity="partner-file",
            open=Inbox,
            reads="inbox",
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
        *received.feeds(acknowledges=True),
        FeedSpec(
            key="trading-partners",
            label="Trading partners",
            entity="trading-partner",
            open=PartnerSource,
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
        FeedSpec(
            key="match-results",
            label="Match results of invoices",
            entity="match-result",
            open=Matches,
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(0),
            settle=dt.timedelta(0),
        ),
        FeedSpec(
            key="audit-events",
            label="Audit events",
            entity="audit-event",
            open=EventLog,
            interval=dt.timedelta(minutes=10),
            overlap=dt.timedelta(minutes=10),
            settle=dt.timedelta(0),
        ),
    ),
    sinks=(
        SinkSpec(key="files", label="Files", open=Files),
        SinkSpec(key="trading-partners", label="Trading partners", open=Partners),
    ),
    is_network=True,
    carries=("X12", "EDIFACT"),
    budget_identity=_budget_identity,
)
