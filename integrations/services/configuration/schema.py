"""What may stand in a configuration file."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all entries: a key that is not declared is an error."""


class Member(Entry, frozen=True):
    email: str
    role: Literal["owner", "operator", "viewer"]
    name: str = ""
    password: str = ""
    """Only used when the user does not exist yet. Never exported."""
    staff: bool = False


class FeedEntry(Entry, frozen=True):
    """When one kind of thing is read at a connection. What is unset keeps the system's own."""

    every_seconds: int | None = None
    cron: list[str] = []
    business_days: str = ""
    closed_days: list[str] = []
    quiet_hours: list[str] = []


class ConnectionEntry(Entry, frozen=True):
    key: str
    system: str
    name: str = ""
    enabled: bool = True
    settings: dict[str, Any] = {}
    """Settings and secrets by name, as the system declares them. Secrets are never exported; a missing one keeps its
    value."""
    feeds: dict[str, FeedEntry] = {}
    """Schedules by feed. A feed that is not named keeps its own."""


class AgreementEntry(Entry, frozen=True):
    """Unset members take the tenant's `agreement_defaults`, then the model's defaults."""

    document: Literal["850", "855", "856", "860", "865", "810"] | None = None
    direction: Literal["out", "in"] | None = None
    stream: Literal["test", "live"] | None = None
    network: str | None = None
    """Key of the connection that reaches the partner."""
    standard: Literal["X12", "EDIFACT"] | None = None
    active: bool | None = None
    sender: str | None = None
    """Qualifier and id, as ZZ:NORDLOGISTIK, or 14:7301234567897 in EDIFACT, where an id may stand alone."""
    receiver: str | None = None
    group_sender: str | None = None
    group_receiver: str | None = None
    version: str | None = None
    payload: Literal["x12", "json"] | None = None
    element_separator: str | None = None
    segment_terminator: str | None = None
    component_separator: str | None = None
    repetition_separator: str | None = None
    line_breaks: bool | None = None
    separator_policy: Literal["replace", "reject"] | None = None
    charset: Literal["basic", "extended", "latin-1", "utf-8"] | None = None
    syntax: Literal["UNOA", "UNOB", "UNOC", "UNOY"] | None = None
    """Characters in EDIFACT."""
    service_characters: str | None = None
    """As UNA states them: :+.? '"""
    association: str | None = None
    """UNH 0057, as EAN008."""
    charset_policy: Literal["transliterate", "reject"] | None = None
    guide: dict[str, Any] | None = None
    """What the partner asks beyond the standard, as differences (docs/edi.md)."""
    versions: Literal["replace", "change"] | None = None
    acknowledgment_hours: int | None = None
    requests_ta1: bool | None = None
    acknowledgment_policy: Literal["always", "asked", "on_errors", "never"] | None = None
    unique_numbers: bool | None = None
    transport: Literal["AS2", "SFTP", "VAN", "HTTP"] | None = None
    partner_format: Literal["X12", "EDIFACT"] | None = None
    settings: dict[str, Any] | None = None


class NumberEntry(Entry, frozen=True):
    """By which number one company's books know the partner: one of supplier and customer."""

    company: str
    supplier: str = ""
    customer: str = ""


class PartnerEntry(Entry, frozen=True):
    key: str
    name: str
    note: str = ""
    numbers: list[NumberEntry] = []
    agreements: list[AgreementEntry] = []


class FlowEntry(Entry, frozen=True):
    enabled: bool = True
    settings: dict[str, Any] = {}


class IntegrationEntry(Entry, frozen=True):
    key: str
    visma: str
    """Key of the Visma connection."""
    partner: str
    """Key of the partner connection."""
    name: str = ""
    enabled: bool = True
    settings: dict[str, Any] = {}
    flows: dict[str, FlowEntry] = {}


class TenantEntry(Entry, frozen=True):
    slug: str
    name: str
    time_zone: str = "Europe/Stockholm"
    retention: Literal["short", "standard", "long"] = "standard"
    members: list[Member] = []
    connections: list[ConnectionEntry] = []
    agreement_defaults: AgreementEntry = AgreementEntry()
    trading_partners: list[PartnerEntry] = []
    integrations: list[IntegrationEntry] = []


class Configuration(Entry, frozen=True):
    tenants: list[TenantEntry]
