"""What erasing a person does with each column in which a text about them may stand.

Asked of the columns themselves, so that a new one is searched without anybody remembering: bytes are taken away, free
text is replaced, and what is indexed, configured or sealed stays, with a sentence why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from edi.models import Agreement, Interchange, Network, PartnerNumber, TradingPartner
from integrations.models import (
    OPEN_STATES,
    AccessToken,
    Connection,
    Delivery,
    DocumentEdit,
    Exchange,
    Feed,
    Flow,
    Integration,
    MappingVersion,
    Operation,
    Payload,
    RateBudget,
    Record,
    WebhookEndpoint,
    WebhookEvent,
)
from integrations.notices.models import Alerting, Expectation, Mail, Subscriber
from portal.audit.models import AuditEvent, Seal
from portal.common.secrets import SealedBytesField, SecretTextField
from portal.tenants.models import ApiKey, Invitation, Tenant, TenantModel

SEALED = (
    "The audit trail is append-only and sealed: it proves what was done with books that the law keeps, and changing a "
    "line would break the proof of all that follow."
)
CONFIGURED = "It is configuration that somebody made: change it on its page, where it is in use."
VERSIONED = "What was sent names these settings; they are kept as they were."
NAMES = "It names the document or the business partner, so that it is found and never sent twice; bookkeeping keeps it."
IN_USE = "It is still needed: an open delivery or operation uses it. Settle that, then erase again."

STAYS: dict[type[models.Model], str] = {
    AuditEvent: SEALED,
    Seal: SEALED,
    MappingVersion: VERSIONED,
    **dict.fromkeys(
        (Network, TradingPartner, PartnerNumber, Agreement, Connection, Integration, Flow, Feed, RateBudget), CONFIGURED
    ),
    **dict.fromkeys((Subscriber, Alerting, Expectation, ApiKey, WebhookEndpoint), CONFIGURED),
}
"""Models of which nothing is erased."""
CREDENTIALS = (AccessToken,)
"""Models of which nothing is searched: they hold secrets of machines. The secret columns of others are left too."""
REMOVED = (Invitation, Mail, WebhookEvent)
"""Models whose rows go whole: nothing refers to them."""
NAMING = frozenset({"target_id", "network_id", "control_number", "reference", "sender_id", "receiver_id", "route"})
"""Columns that name something although they have no index."""

Treatment = Literal["removed", "emptied", "replaced", "stays"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column that may say something of a person, and what becomes of it."""

    model: type[models.Model]
    name: str
    treatment: Treatment
    why: str = ""
    """Of what stays."""

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.name}"


def columns() -> Iterator[Column]:
    """Every column of a tenant's rows that holds text or bytes which somebody else may have written."""
    for model in apps.get_models():
        if not issubclass(model, TenantModel) or model in CREDENTIALS:
            continue
        indexed = _indexed(model)
        for field in model._meta.local_concrete_fields:
            if _holds_text(field) and not _is_credential(model, field):
                yield _column(model, field, indexed)


def _column(model: type[models.Model], field: models.Field[Any, Any], indexed: set[str]) -> Column:
    if model in STAYS:
        return Column(model, field.name, "stays", STAYS[model])
    if model in REMOVED:
        return Column(model, field.name, "removed")
    if isinstance(field, SealedBytesField):
        return Column(model, field.name, "emptied")
    if field.unique or field.name in indexed or field.name in NAMING:
        return Column(model, field.name, "stays", NAMES)
    return Column(model, field.name, "replaced")


def _holds_text(field: models.Field[Any, Any]) -> bool:
    kinds = (models.CharField, models.TextField, models.JSONField, SealedBytesField)
    return isinstance(field, kinds) and not field.choices


def _is_credential(model: type[models.Model], field: models.Field[Any, Any]) -> bool:
    return model in STAYS and isinstance(field, SecretTextField)


def _indexed(model: type[models.Model]) -> set[str]:
    found: set[str] = set()
    for constraint in model._meta.constraints:
        found |= set(getattr(constraint, "fields", ()))
    for index in model._meta.indexes:
        found |= {name.lstrip("-") for name in index.fields}
    return found


def in_use(model: type[models.Model], tenant: Tenant) -> Q:
    """Rows of the model that something open still needs."""
    rows = Delivery._base_manager.filter(tenant=tenant, state__in=OPEN_STATES)
    needed: dict[type[models.Model], Q] = {
        Payload: Q(Exists(rows.filter(record__payload=OuterRef("pk")))) | Q(Exists(rows.filter(frozen=OuterRef("pk")))),
        Record: Q(Exists(rows.filter(record=OuterRef("pk")))),
        Exchange: Q(Exists(rows.filter(attempts__exchanges=OuterRef("pk")))),
        Interchange: Q(Exists(rows.filter(transaction_set__interchange=OuterRef("pk")))),
        DocumentEdit: Q(Exists(rows.filter(edit=OuterRef("pk")))),
        Delivery: Q(state__in=OPEN_STATES),
        Operation: ~Q(state__in=Operation.TERMINAL),
    }
    return needed.get(model, Q(pk__in=[]))
