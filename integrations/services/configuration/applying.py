"""Applying a configuration: all of it or nothing, and nothing the second time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django_scopes import scopes_disabled

from edi.models import Agreement, Network, PartnerNumber, TradingPartner, edifact
from integrations.engine.cadence import Cadence
from integrations.flows import agreement_settings, pair_settings
from integrations.flows.registry import flows_of_pair
from integrations.models import Connection, Feed
from integrations.services.agreements import unfit_standard
from integrations.services.configuration.loading import Source
from integrations.services.configuration.schema import (
    AgreementEntry,
    Configuration,
    ConnectionEntry,
    IntegrationEntry,
    Member,
    NumberEntry,
    PartnerEntry,
    TenantEntry,
)
from integrations.services.connections import save_connection
from integrations.services.feeds import checked_settings, pair_of, save_integration, set_schedule
from integrations.systems.contract import Unmappable
from portal.audit import trail
from portal.tenants.models import Membership, Tenant, User

E = TypeVar("E")


@dataclass(slots=True)
class Applied:
    """What was changed, a line each."""

    changes: list[str] = field(default_factory=list)
    unchanged: int = 0

    def note(self, changed: bool, what: str) -> None:
        if changed:
            self.changes.append(what)
        else:
            self.unchanged += 1


def apply(configuration: Configuration, source: Source) -> Applied:
    """Makes and changes what the file names, in one transaction. What it does not name stays as it is.

    Raises ConfigurationError with line and reason; then nothing has been applied.
    """
    applied = Applied()
    with scopes_disabled(), transaction.atomic():
        for i, entry in enumerate(configuration.tenants):
            _Tenant(entry, f"$.tenants[{i}]", source, applied).apply()
    return applied


class _Tenant:
    """One tenant of the file, being applied."""

    def __init__(self, entry: TenantEntry, path: str, source: Source, applied: Applied) -> None:
        self.entry, self.path, self.source, self.applied = entry, path, source, applied
        self.tenant = Tenant()
        self.connections: dict[str, Connection] = {}

    def apply(self) -> None:
        with _Located(self.source, self.path):
            self._tenant()
        self._each("members", self.entry.members, self._member)
        self._each("connections", self.entry.connections, self._connection)
        self._each("trading_partners", self.entry.trading_partners, self._partner)
        self._each("integrations", self.entry.integrations, self._integration)
        self._each("connections", self.entry.connections, self._schedules)

    def _each(self, name: str, entries: Sequence[E], one: Callable[[E, str], None]) -> None:
        for i, entry in enumerate(entries):
            path = f"{self.path}.{name}[{i}]"
            with _Located(self.source, path):
                one(entry, path)

    def _tenant(self) -> None:
        row = Tenant.objects.filter(slug=self.entry.slug).first() or Tenant(slug=self.entry.slug)
        wanted = (self.entry.name, self.entry.time_zone, self.entry.retention)
        changed = row.pk is None or (row.name, row.time_zone, row.retention) != wanted
        row.name, row.time_zone, row.retention = wanted
        if changed:
            row.full_clean(validate_unique=False)
            row.save()
            trail.record(
                trail.event(
                    row, "tenant.changed", f"{row}.", object_type="tenant", object_id=row.pk, actor_name="configuration"
                )
            )
        self.tenant = row
        self.applied.note(changed, f"tenant {row.slug}")

    def _member(self, entry: Member, path: str) -> None:
        user = User.objects.filter(email=entry.email).first()
        changed = user is None
        if user is None:
            first, _, last = entry.name.partition(" ")
            user = User(username=entry.email, email=entry.email, first_name=first, last_name=last, is_staff=entry.staff)
            user.set_password(entry.password or None)
            user.full_clean(exclude=["password"])
            user.save()
        membership = Membership.objects.filter(tenant=self.tenant, user=user).first()
        if membership is None:
            membership, changed = Membership(tenant=self.tenant, user=user), True
        if membership.role != entry.role:
            membership.role, changed = entry.role, True
            membership.save()
        self._note(changed, "member", f"{entry.email} ({entry.role})", "member.changed", membership.pk)

    def _connection(self, entry: ConnectionEntry, path: str) -> None:
        try:
            row, changed = save_connection(
                tenant=self.tenant,
                key=entry.key,
                system_key=entry.system,
                name=entry.name or entry.key,
                values=entry.settings,
                actor=None,
                enabled=entry.enabled,
            )
        except KeyError:
            raise self.source.error(f"There is no system called '{entry.system}'.", f"{path}.system") from None
        self.connections[entry.key] = row
        self.applied.note(changed, f"connection {self.tenant.slug}/{entry.key}")

    def _partner(self, entry: PartnerEntry, path: str) -> None:
        row = TradingPartner.objects.filter(tenant=self.tenant, key=entry.key).first() or TradingPartner(
            tenant=self.tenant, key=entry.key
        )
        changed = row.pk is None or (row.name, row.note) != (entry.name, entry.note)
        row.name, row.note = entry.name, entry.note
        row.full_clean(exclude=["tenant"], validate_unique=False)
        if changed:
            row.save()
        for number in entry.numbers:
            changed |= self._number(row, number, path)
        for i, agreement in enumerate(entry.agreements):
            below = f"{path}.agreements[{i}]"
            with _Located(self.source, below):
                changed |= self._agreement(row, agreement, below)
        self._note(changed, "trading partner", entry.key, "trading_partner.changed", row.pk)

    def _number(self, partner: TradingPartner, entry: NumberEntry, path: str) -> bool:
        entity = PartnerNumber.Entity.SUPPLIER if entry.supplier else PartnerNumber.Entity.CUSTOMER
        number = entry.supplier or entry.customer
        if not number or (entry.supplier and entry.customer):
            raise self.source.error("A number says either 'supplier' or 'customer'.", f"{path}.numbers")
        row = PartnerNumber.objects.filter(
            tenant=self.tenant, company=entry.company, entity=entity, number=number
        ).first()
        if row is not None and row.partner_id == partner.pk:
            return False
        if row is not None:
            raise self.source.error(f"{row} belongs to trading partner {row.partner.key} already.", f"{path}.numbers")
        PartnerNumber.objects.create(
            tenant=self.tenant, partner=partner, company=entry.company, entity=entity, number=number
        )
        return True

    def _agreement(self, partner: TradingPartner, entry: AgreementEntry, path: str) -> bool:
        values = {**_set_members(self.entry.agreement_defaults), **_set_members(entry)}
        network = Network.objects.filter(tenant=self.tenant, key=values.get("network")).first()
        if network is None:
            raise self.source.error(
                f"There is no network connection called '{values.get('network')}'.", f"{path}.network"
            )
        for name in ("document", "sender", "receiver"):
            if not values.get(name):
                raise self.source.error(f"The agreement has no '{name}'.", path)
        identity = {
            "partner": partner,
            "document_type": values["document"],
            "direction": values.get("direction", "out"),
            "stream": values.get("stream", "test"),
            "network": network,
        }
        for name, sentence in agreement_settings.problems(values.get("settings") or {}).items():
            raise self.source.error(sentence, f"{path}.settings.{name}")
        unfit = unfit_standard(network, values.get("standard", Agreement.Standard.X12))
        if unfit:
            raise self.source.error(unfit, f"{path}.standard" if entry.standard else path)
        row = Agreement.objects.filter(**identity).first()
        wanted = {"active": values.get("active", True), **_ids(values), **{k: values[k] for k in _PLAIN if k in values}}
        changed = row is None or any(getattr(row, k) != v for k, v in wanted.items())
        if not changed:
            return False
        row = row or Agreement(tenant=self.tenant, **identity)
        for name, value in wanted.items():
            setattr(row, name, value)
        row.full_clean(exclude=["tenant"])
        row.save()
        return True

    def _integration(self, entry: IntegrationEntry, path: str) -> None:
        found = {}
        for name, key in (("visma", entry.visma), ("partner", entry.partner)):
            row = self.connections.get(key) or Connection.objects.filter(tenant=self.tenant, key=key).first()
            if row is None:
                raise self.source.error(f"There is no connection called '{key}'.", f"{path}.{name}")
            found[name] = row
        if entry.settings and found["partner"].network_id is not None:
            try:
                pair_settings.read(entry.settings)
            except Unmappable as error:
                raise self.source.error(error.sentence, f"{path}.settings") from error
        self._check_flows(entry, found["visma"], found["partner"], path)
        _, changed = save_integration(
            tenant=self.tenant,
            key=entry.key,
            name=entry.name or entry.key,
            books=found["visma"],
            partner=found["partner"],
            enabled=entry.enabled,
            settings=entry.settings,
            flows={k: {"enabled": f.enabled, "settings": f.settings} for k, f in entry.flows.items()},
            actor=None,
        )
        self.applied.note(changed, f"integration {self.tenant.slug}/{entry.key}")

    def _check_flows(self, entry: IntegrationEntry, books: Connection, partner: Connection, path: str) -> None:
        """Each flow's settings by themselves, so that an error has the line of the one that is wrong: several flows
        have settings of the same name."""
        for spec in flows_of_pair(pair_of(books, partner)):
            if spec.key in entry.flows:
                with _Located(self.source, f"{path}.flows.{spec.key}"):
                    checked_settings(spec, entry.flows[spec.key].settings)

    def _schedules(self, entry: ConnectionEntry, path: str) -> None:
        """After the integrations, which make the feeds."""
        for key, wanted in entry.feeds.items():
            below = f"{path}.feeds.{key}"
            feed = Feed.objects.filter(connection=self.connections[entry.key], key=key).select_related("tenant").first()
            if feed is None:
                raise self.source.error(
                    f"'{entry.key}' has no feed called '{key}': no flow that takes from one is switched on.", below
                )
            every = feed.interval_seconds if wanted.every_seconds is None else wanted.every_seconds
            cadence = Cadence(
                cron=tuple(wanted.cron),
                business_days=wanted.business_days,
                closed_days=tuple(wanted.closed_days),
                quiet_hours=tuple(wanted.quiet_hours),
            )
            with _Located(self.source, below):
                changed = set_schedule(feed, every=dt.timedelta(seconds=every), cadence=cadence, actor=None)
            self.applied.note(changed, f"schedule {self.tenant.slug}/{entry.key}/{key}")

    def _note(self, changed: bool, what: str, name: str, action: str, pk: int) -> None:
        self.applied.note(changed, f"{what} {self.tenant.slug}/{name}")
        if changed:
            trail.record(
                trail.event(
                    self.tenant,
                    action,
                    f"{what} {name}.",
                    object_type=action.partition(".")[0],
                    object_id=pk,
                    actor_name="configuration",
                )
            )


class _Located:
    """Gives what the models refuse the line of the entry."""

    def __init__(self, source: Source, path: str) -> None:
        self.source, self.path = source, path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ValidationError):
            said = " ".join(error.messages)
            raise self.source.error(said, self.source.named_in(said, self.path)) from error


_PLAIN = (
    "standard",
    "version",
    "payload",
    "element_separator",
    "segment_terminator",
    "component_separator",
    "repetition_separator",
    "line_breaks",
    "separator_policy",
    "charset",
    "syntax",
    "service_characters",
    "association",
    "charset_policy",
    "versions",
    "acknowledgment_hours",
    "requests_ta1",
    "acknowledgment_policy",
    "unique_numbers",
    "guide",
    "transport",
    "partner_format",
    "settings",
)
"""Members of an agreement that are called as in the model."""


def _set_members(entry: AgreementEntry) -> dict[str, Any]:
    return {k: v for k, v in msgspec.structs.asdict(entry).items() if v is not None}


def _ids(values: dict[str, Any]) -> dict[str, str]:
    """Qualifiers and ids. Raises ValidationError where what stands before a colon is no qualifier."""
    ids = {}
    is_edifact = values.get("standard") == Agreement.Standard.EDIFACT
    for name in ("sender", "receiver"):
        qualifier, number = _end(str(values[name]), name, is_edifact=is_edifact)
        ids[f"{name}_qualifier"], ids[f"{name}_id"] = qualifier, number
        ids[f"group_{name}_id"] = values.get(f"group_{name}", "")
    return ids


def _end(text: str, name: str, *, is_edifact: bool) -> tuple[str, str]:
    qualifier, colon, number = text.partition(":")
    if not colon:
        return "" if is_edifact else "ZZ", text
    if edifact.is_qualifier(qualifier) if is_edifact else re.fullmatch(r"[0-9A-Z]{2}", qualifier):
        return qualifier, number
    if is_edifact and not qualifier:
        return "", number
    example = f"':{text}'" if is_edifact else f"'ZZ:{text}'"
    raise ValidationError(
        f"The {name} '{text}' is read as qualifier and id, but '{qualifier}' is no qualifier. If the id itself has a "
        f"colon, write {example}."
    )
