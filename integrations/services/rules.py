"""Rules of a flow: what people see and change of them, what they can choose, and trying them on a record."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.flows.contract import Choices, Find, FlowSpec, Job, Needs, RuleTable, Tried
from integrations.flows.registry import all_flows
from integrations.http.errors import Fault, Paused, Transient
from integrations.http.session import Session
from integrations.models import Connection, Flow, MappingVersion, Record
from integrations.services.feeds import checked_settings, save_flow
from integrations.systems.contract import Item, Unmappable
from integrations.systems.registry import system
from portal.audit import trail
from portal.common.language import spoken
from portal.tenants.models import User

VERSIONS = 20
"""Earlier versions that are offered."""
SUGGESTED = 20
"""Numbers of records that are offered for a try."""


def table_of(flow: Flow) -> tuple[FlowSpec, RuleTable] | None:
    """How the rules of a flow are edited; None for one that has none."""
    spec = all_flows().get(flow.full_key)
    return (spec, spec.rules) if spec is not None and spec.rules is not None else None


def rules_of(flow: Flow, table: RuleTable) -> list[dict[str, Any]]:
    return list((flow.settings or {}).get(table.setting) or [])


def rules_of_version(flow: Flow, table: RuleTable, number: int) -> list[dict[str, Any]] | None:
    """The rules as they stood in a mapping version, None where there is no such version."""
    version = MappingVersion.objects.filter(flow=flow, number=number).first()
    return list((version.flow_settings or {}).get(table.setting) or []) if version is not None else None


def versions_with_rules(flow: Flow, table: RuleTable) -> list[MappingVersion]:
    """The mapping versions in which the rules were others than in the one before, newest first, without the present
    one."""
    rows = list(MappingVersion.objects.filter(flow=flow).order_by("number"))
    found: list[MappingVersion] = []
    last: Any = None
    for row in rows:
        rules = (row.flow_settings or {}).get(table.setting) or []
        if rules != last:
            found.append(row)
        last = rules
    now = rules_of(flow, table)
    others = [row for row in found if ((row.flow_settings or {}).get(table.setting) or []) != now]
    return others[::-1][:VERSIONS]


def newest_numbers(flow: Flow, spec: FlowSpec) -> list[str]:
    """Numbers of the records that were read last, the newest first."""
    rows = _records(flow, spec).order_by("-pk")
    return list(rows.values_list("business_number", flat=True)[:SUGGESTED])


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What can be chosen in the rules of a flow, as both systems say it now."""

    choices: Mapping[str, Choices]
    """By the names of the table's members."""
    problems: tuple[str, ...]
    """What could not be read, and why: it is typed."""


def offered(flow: Flow) -> Offered:
    """Asks both systems what can be chosen. What one of them does not tell us is a problem that is said, and no more:
    it says nothing of the connection."""
    _spec, table = _must_have(flow)
    choices: dict[str, Choices] = {}
    problems: list[str] = []
    for side in ("books", "partner"):
        offers = [offer for offer in table.offers if offer.side == side]
        if not offers:
            continue
        connection = flow.integration.books if side == "books" else flow.integration.partner
        try:
            with _looking(connection) as session:
                for place, offer in enumerate(offers):
                    try:
                        choices |= offer.read(connection, session)
                    except (Transient, Paused) as fault:  # the next calls would only wait as long
                        what = ", ".join(o.what for o in offers[place:])
                        problems.append(f"{connection.name} does not tell its {what}: {fault.sentence} Type them.")
                        break
                    except Fault as fault:
                        problems.append(
                            f"{connection.name} does not tell its {offer.what}: {fault.sentence} Type them."
                        )
        except Fault as fault:
            problems.append(f"{connection.name}: {fault.sentence}")
    return Offered(choices=choices, problems=tuple(problems))


@contextmanager
def _looking(connection: Connection) -> Iterator[Session]:
    session = system(connection.system).session(connection)
    session.for_people = session.only_looks = True
    try:
        yield session
    finally:
        session.close()


def try_rules(flow: Flow, rules: Sequence[dict[str, Any]], number: str) -> Tried:
    """What these rules make of a record, by its number; an empty one takes the newest that was read. One that was not
    read yet is asked for at the source. Writes nothing, not even the rules. Raises ValidationError for what cannot be
    tried, with what to do."""
    spec, table = _must_have(flow)
    settings = checked_settings(spec, {**(flow.settings or {}), table.setting: list(rules)})
    rows = _records(flow, spec).select_related("payload")
    found = (rows.filter(business_number=number) if number else rows).order_by("-pk").first()
    if found is not None and found.payload.data is not None:
        source_id, raw, called = found.source_id, bytes(found.payload.data), found.business_number
    elif number and table.find is not None:
        item = _asked_for(flow, spec, table, table.find, number)
        source_id, raw, called = item.source_id, item.raw, item.business_number
    elif found is not None:
        raise ValidationError(
            _("What %(what)s %(business_number)s said is not kept any more. Take a newer one.")
            % {"what": spoken(table.what), "business_number": found.business_number}
        )
    else:
        said = _("%(what)s %(number)s was not read yet.") if number else _("No %(what)s was read yet.")
        said %= {"what": spoken(table.what), "number": number}
        raise ValidationError(
            _("%(said)s Press “Run now” on the integration's page, or take another one.") % {"said": said}
        )
    trial = copy.copy(flow)
    trial.settings = settings
    job = Job(
        flow=trial,
        operation="send",
        lane="",
        business_number=called,
        raw=raw,
        last=None,
        source_id=source_id,
    )
    try:
        return table.try_on(job)
    except Unmappable as error:
        raise ValidationError(f"{error.sentence} {error.remedy}".strip()) from error
    except Needs as missing:
        raise ValidationError(_("It waits for %(what)s, so it cannot be tried.") % {"what": missing.words}) from missing


def _asked_for(flow: Flow, spec: FlowSpec, table: RuleTable, find: Find, number: str) -> Item:
    """The record with this number, as the source has it now. Raises ValidationError when it cannot be had."""
    connection = flow.integration.books if spec.source == "books" else flow.integration.partner
    try:
        with _looking(connection) as session:
            found = find(connection, session, number)
    except Fault as fault:
        raise ValidationError(
            _("%(what)s %(number)s was not read yet, and %(name)s could not be asked for it: %(why)s")
            % {
                "what": spoken(table.what),
                "number": number,
                "name": connection.name,
                "why": f"{fault.sentence} {fault.remedy}".strip(),
            }
        ) from fault
    if len(found) == 1:
        return found[0]
    said = (
        _("%(n)s records of %(name)s have the number %(number)s. Take another one.")
        if found
        else _("%(name)s has no %(what)s with the number %(number)s. Take another one.")
    )
    values = {"n": len(found), "what": spoken(table.what), "name": connection.name, "number": number}
    raise ValidationError(said % values)


def save_rules(flow: Flow, rules: Sequence[dict[str, Any]], *, seen: int, actor: User) -> bool:
    """Puts these rules in the place of the flow's. They are its next mapping version; what was mapped stays as it was.
    `seen`: the mapping version that the person began with. Returns whether anything changed. Raises ValidationError,
    also when somebody else changed the flow meanwhile."""
    _spec, table = _must_have(flow)
    with transaction.atomic():
        row = (
            Flow.objects.select_for_update(of=("self",))
            .select_related("integration__books", "integration__partner", "integration__tenant")
            .get(pk=flow.pk)
        )
        if row.mapping_version != seen:
            raise ValidationError(
                _(
                    "The settings of this flow were changed meanwhile (version %(mapping_version)s, you "
                    "began with %(seen)s). Open the page again and make your change there; what you "
                    "entered is still below."
                )
                % {"mapping_version": row.mapping_version, "seen": seen}
            )
        before = rules_of(row, table)
        settings = {**(row.settings or {}), table.setting: list(rules)}
        if not rules:
            del settings[table.setting]
        changed = save_flow(row, enabled=row.enabled, settings=settings, actor=actor)
        if changed:
            now = Flow.objects.get(pk=row.pk)
            trail.record(
                trail.event(
                    row.tenant_id,
                    "flow.rules_changed",
                    f"{all_flows()[row.full_key].label}: {len(before)} rules were changed to {len(rules)}, mapping "
                    f"version {now.mapping_version}.",
                    object_type="flow",
                    object_id=row.pk,
                    actor=actor,
                    details={"before": before, "after": list(rules), "mapping_version": now.mapping_version},
                )
            )
    return changed


def _records(flow: Flow, spec: FlowSpec) -> QuerySet[Record]:
    """The newest versions of what the flow takes from."""
    connection = flow.integration.books_id if spec.source == "books" else flow.integration.partner_id
    return Record.objects.filter(feed__connection=connection, feed__key=spec.feed, is_newest=True, problem="")


def _must_have(flow: Flow) -> tuple[FlowSpec, RuleTable]:
    found = table_of(flow)
    if found is None:
        raise ValidationError(_("This flow has no rules."))
    return found
