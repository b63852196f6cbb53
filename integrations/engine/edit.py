"""Edit and replay: a person changes a document, and it goes out once more as they want it, through the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from edi.documents.values import Value
from integrations.engine import dispatch
from integrations.engine.deliver import job_of
from integrations.engine.replay import ReplayRefused, audit, check_closed, copies, locked, newest_of, take_place
from integrations.flows import patch as patches
from integrations.flows.contract import Keep, Needs, Nothing, document_of, edit_from
from integrations.flows.editing import Edit, as_json, edit_of
from integrations.flows.patch import Patch, PatchRefused
from integrations.flows.registry import flow_spec
from integrations.http.errors import Fault
from integrations.models import Delivery, DocumentEdit, Record
from integrations.systems.contract import Unmappable
from portal.common.clock import db_now
from portal.common.installation import release
from portal.tenants.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Editable:
    """What a person sees before they edit."""

    kind: str
    """As PurchaseOrder."""
    document: Any
    """As JSON, with the edit that the delivery has already."""


class NotNewest(ReplayRefused):
    """The record has a newer version: editing the older one would undo what the source says now. Both are shown."""

    def __init__(self, delivery: Delivery, newest: Record, *, this: Any, that: Any) -> None:
        super().__init__(
            f"The record has a newer version (captured {newest.captured_at:%Y-%m-%d %H:%M} UTC). Edit the delivery of "
            f"that one: an edit of the older one would undo what the source says now."
        )
        self.this, self.that = this, that
        """Both documents as JSON; None where a record cannot become one."""
        self.differs = patches.changed_paths(patches.difference(this, that)) if this and that else []


def editable(delivery_id: int) -> Editable:
    """The document of a delivery as JSON. Writes nothing. Raises ReplayRefused."""
    delivery = _whole(delivery_id)
    document = _document(delivery)
    kept = _kept(delivery)
    if kept is not None:
        try:
            document = kept.applied(document)
        except Unmappable:
            kept = None  # it fits no more; the person begins with the document as it is
    return Editable(kind=type(document).__name__, document=as_json(document))


def edit_and_replay(
    delivery_id: int,
    *,
    actor: User | None,
    reason: str,
    document: Any = None,
    patch: Patch | None = None,
    actor_name: str = "",
) -> Delivery:
    """Sends the document once more as it was edited: `document` is the whole edited JSON, or `patch` a JSON Patch on
    what `editable` gives.

    The new delivery points to the original, and the difference is kept. Nothing is made unless the edited document can
    be sent as it is. Raises ReplayRefused (NotNewest for an older version of a record).
    """
    if not reason.strip():
        raise ReplayRefused("Say why the document is edited.")
    with transaction.atomic():
        original = locked(delivery_id)
        check_closed(original)
        newest = newest_of(original)
        if newest.pk != original.record_id:
            raise _not_newest(original, newest)
        edit = _edit(original, document, patch)
        now = db_now()
        row = DocumentEdit.objects.create(
            tenant_id=original.tenant_id,
            original=original,
            document=edit.document,
            schema=edit.schema,
            touched=dict(edit.touched),
            release=edit.release,
            patch=edit.patch,
            reason=reason[:300],
            made_by=actor,
            made_by_name=(actor.get_username() if actor else actor_name or "command line")[:150],
            created_at=now,
        )
        made = copies(original, now)
        for delivery in made:
            delivery.edit = row
        _check(made[0])
        take_place(original, made, reason=reason, now=now)
        where = ", ".join(patches.changed_paths(edit.patch)[:10])
        audit(
            made[0],
            "delivery.edited",
            f"{original.business_number}: {where} edited and sent for delivery {original.pk}: {reason}",
            actor,
        )
        dispatch.wake()
    return made[0]


def _edit(original: Delivery, document: Any, patch: Patch | None) -> Edit:
    """The difference from the document as it is mapped: an edit of an edited document holds both."""
    mapped = _document(original)
    try:
        wanted = document if patch is None else patches.apply(editable(original.pk).document, patch)
        return edit_of(mapped, wanted, release=release())
    except PatchRefused as refusal:
        raise ReplayRefused(str(refusal)) from refusal
    except Unmappable as error:
        raise ReplayRefused(f"{error.sentence} {error.remedy}".strip()) from error


def _check(delivery: Delivery) -> None:
    """Prepares the new delivery as a worker will. Raises ReplayRefused with the sentence that it would fail with."""
    spec = flow_spec(delivery.flow.full_key)
    try:
        prepared = spec.operation(delivery.operation).prepare(job_of(delivery, spec))
    except Needs:
        return  # it waits, visibly, like any other
    except (Unmappable, Fault) as error:
        raise ReplayRefused(f"The edited document cannot be sent: {error.sentence} {error.remedy}".strip()) from error
    if isinstance(prepared, Nothing):
        raise ReplayRefused(f"The edited document would not be sent: {prepared.reason}")
    if isinstance(prepared, Keep):
        raise ReplayRefused("This flow only keeps what came: there is nothing to send.")


def _document(delivery: Delivery) -> Value:
    """The document as it is mapped from the record, without any edit."""
    spec = flow_spec(delivery.flow.full_key)
    if spec.keeps:
        raise ReplayRefused("This flow only keeps what came: there is nothing to send.")
    if delivery.record.problem:
        raise ReplayRefused(f"There is no document to edit: {delivery.record.problem}")
    try:
        found = document_of(spec.operation(delivery.operation).prepare, job_of(delivery, spec))
    except (Unmappable, Fault) as error:
        raise ReplayRefused(f"There is no document to edit: {error.sentence} {error.remedy}".strip()) from error
    except Needs as missing:
        raise ReplayRefused(f"There is no document to edit yet: it {missing}.") from missing
    if found is None:
        raise ReplayRefused(f"Documents of {spec.label} cannot be edited here. Correct the record in the source.")
    return found


def _kept(delivery: Delivery) -> Edit | None:
    return edit_from(delivery.edit) if delivery.edit is not None else None


def _not_newest(original: Delivery, newest: Record) -> NotNewest:
    def shown(delivery: Delivery | None) -> Any:
        try:
            return as_json(_document(delivery)) if delivery is not None else None
        except ReplayRefused:
            return None

    that = Delivery.objects.filter(flow_id=original.flow_id, record=newest, operation=original.operation).first()
    return NotNewest(original, newest, this=shown(original), that=shown(that))


def _whole(delivery_id: int) -> Delivery:
    rows = Delivery.objects.select_related("record__payload", "flow__integration", "edit", "replays")
    return rows.get(pk=delivery_id)
