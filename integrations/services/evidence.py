"""The evidence of one document as a signed bundle: what was read, what was sent, every try and call, what people did,
with the hashes of the bytes and the seals of the audit trail. Personal and bank data is masked, secrets always."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q

from integrations.models import Attempt, Delivery, Exchange, Record
from integrations.services import reveal as kept
from integrations.services.content import Shown
from portal.audit import bundle, signing, trail
from portal.audit.models import AuditEvent, Seal
from portal.common.clock import db_now
from portal.common.installation import installation, release
from portal.common.redaction import mask_headers, mask_url
from portal.tenants.models import User

FORM = "ml-connector evidence 1"
RECORDS = DELIVERIES = 200
ATTEMPTS = EXCHANGES = 1_000
LINES = 5_000
"""Newest rows of each kind that a bundle holds; the manifest says how many were left out."""

README = """\
The evidence of one business document, as ml-connector kept it.

manifest.json    what this is about, who made it when, how much of everything, what was left out
records.json     each version that was read from the source, with the SHA-256 of its bytes
deliveries.json  what was to be made at the other side, with the SHA-256 of the bytes that were sent
attempts.json    every try of it, and which calls it made
exchanges.json   these calls: when, what came back, the SHA-256 of each body
audit.json       what happened and who did it, each line with its seal
seals.json       these seals: each is the SHA-256 of the digest before it and of its lines
content/         the bodies, personal and bank data masked: their hashes are those of the unmasked bytes
seals/           only in a bundle with whole seals: the bytes that each seal is the SHA-256 of, so that
                 `sha256sum seals/12` prints the digest of seal 12; they hold every line under that seal, of other
                 documents too

"""


def export(delivery: Delivery, *, actor: User | None, whole_seals: bool = False) -> bytes:
    """A signed ZIP with all that is kept of the delivery's document. The export stands in the audit trail, and in the
    bundle itself. `whole_seals` adds every line under the seals concerned, with which the seals can be computed anew by
    anybody. Call it in the scope of its tenant."""
    tenant = delivery.tenant
    with transaction.atomic():
        trail.record(
            trail.event(
                tenant,
                "delivery.exported",
                f"The evidence of {delivery.business_number or delivery.pk} was exported.",
                object_type="delivery",
                object_id=delivery.pk,
                business_number=delivery.business_number,
                actor=actor,
                details={"whole_seals": whole_seals},
            )
        )
    trail.seal_events(tenant)
    files = _files(delivery, whole_seals=whole_seals)
    about = {
        "form": FORM,
        "made_at": db_now(),
        "made_by": actor.get_username() if actor is not None else trail.WORKER,
        "release": release(),
        "installation": str(installation().epoch),
        "signing_key_sha256": signing.fingerprint(signing.public_key()),
        "tenant": {"slug": tenant.slug, "name": tenant.name},
        "document": {
            "number": delivery.business_number,
            "flow": delivery.flow.key,
            "integration": delivery.integration.name,
            "delivery": delivery.pk,
        },
        "trail": _verdict(delivery),
        "masked": "Values of persons and of bank accounts, and secrets. The hashes are those of the unmasked bytes.",
        **files.pop("manifest"),
    }
    packed = {name: content for name, content in files.items() if isinstance(content, bytes)}
    packed |= {"manifest.json": _json(about), "README.txt": (README + bundle.HOW_TO_VERIFY).encode()}
    return bundle.pack(packed)


def _verdict(delivery: Delivery) -> dict[str, Any]:
    verdict = trail.verify(delivery.tenant)
    return {"intact": verdict.intact, "problem": verdict.problem, "seals": verdict.seals, "events": verdict.events}


def _files(delivery: Delivery, *, whole_seals: bool) -> dict[str, Any]:
    left: Counter[str] = Counter()

    def newest(rows: Any, limit: int, what: str) -> list[Any]:
        found = list(rows.order_by("-pk")[: limit + 1])
        if len(found) > limit:
            left[what] = rows.count() - limit
        return found[:limit][::-1]

    content: dict[str, bytes] = {}

    def keep(name: str, row: kept.Kept, part: kept.Part) -> str:
        """Puts a body among the files. Returns where, or why it is not there."""
        shown = kept.masked(row, part)
        if shown.kind in ("pruned", "empty"):
            return "removed by retention" if shown.kind == "pruned" else "nothing kept"
        content[f"content/{name}"] = plain(shown).encode()
        return f"content/{name}"

    same = Delivery.objects.filter(integration_id=delivery.integration_id, lane=delivery.lane)
    deliveries = newest(
        same.select_related("record", "frozen", "transaction_set__interchange"), DELIVERIES, "deliveries"
    )
    source = delivery.record
    versions = Record.objects.filter(Q(feed=source.feed_id, source_id=source.source_id) | Q(deliveries__in=deliveries))
    records = newest(versions.distinct().select_related("payload", "feed__connection"), RECORDS, "records")
    attempts = newest(
        Attempt.objects.filter(delivery__in=deliveries).prefetch_related("exchanges"), ATTEMPTS, "attempts"
    )
    calls = Exchange.objects.filter(attempts__in=attempts).distinct().select_related("connection")
    exchanges = newest(calls, EXCHANGES, "exchanges")
    lines = newest(_lines(deliveries, records), LINES, "audit lines")
    seals = list(Seal.objects.filter(pk__in={line.seal_id for line in lines}).order_by("number"))
    files: dict[str, Any] = {
        "records.json": _json([_record(r, keep(f"record-{r.pk}", r, "raw")) for r in records]),
        "deliveries.json": _json([_delivery(d, keep) for d in deliveries]),
        "attempts.json": _json([_attempt(a) for a in attempts]),
        "exchanges.json": _json([_exchange(e, keep) for e in exchanges]),
        "audit.json": _json([_line(e) for e in lines]),
        "seals.json": _json([_seal(s) for s in seals]),
        "manifest": {
            "holds": {
                "records": len(records),
                "deliveries": len(deliveries),
                "attempts": len(attempts),
                "exchanges": len(exchanges),
                "audit lines": len(lines),
                "seals": len(seals),
            },
            "left_out": dict(left),
        },
    }
    if whole_seals:
        for seal in seals:
            under = list(AuditEvent.objects.filter(seal=seal).order_by("id"))
            files[f"seals/{seal.number}"] = trail.chained(seal.previous_digest, under)
    return files | content


def _lines(deliveries: list[Delivery], records: list[Record]) -> Any:
    sets = {d.transaction_set_id for d in deliveries} - {None}
    about: dict[str, Sequence[Delivery | Record]] = {"delivery": deliveries, "record": records}
    found = Q(object_type="transactionset", object_id__in=[str(pk) for pk in sets])
    for kind, rows in about.items():
        found |= Q(object_type=kind, object_id__in=[str(row.pk) for row in rows])
    return AuditEvent.objects.filter(found).select_related("seal")


def _record(row: Record, content: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "connection": str(row.feed.connection),
        "feed": row.feed.key,
        "source_id": row.source_id,
        "number": row.business_number,
        "status": row.status,
        "modified_at": row.modified_at,
        "captured_at": row.captured_at,
        "fingerprint": row.fingerprint,
        "sha256": row.payload.sha256,
        "size": row.payload.size,
        "content": content,
    }


def _delivery(row: Delivery, keep: Any) -> dict[str, Any]:
    sent = row.transaction_set
    return {
        "id": row.pk,
        "operation": row.operation,
        "operation_key": row.operation_key,
        "purpose": row.purpose,
        "record": row.record_id,
        "replays": row.replays_id,
        "edit": row.edit_id,
        "state": row.state,
        "since": row.since,
        "reason": row.reason,
        "tries": row.tries,
        "target_id": row.target_id,
        "document_digest": row.document_digest,
        "prepared_by": row.settings_used,
        "evidence": row.evidence,
        "created_at": row.created_at,
        "closed_at": row.closed_at,
        "sha256": row.frozen.sha256 if row.frozen is not None else "",
        "size": row.frozen.size if row.frozen is not None else 0,
        "content": keep(f"delivery-{row.pk}", row, "frozen"),
        "transaction_set": None
        if sent is None
        else {
            "set": sent.set_id,
            "number": sent.control_number,
            "interchange": sent.interchange.number,
            "interchange_sha256": sent.interchange.sha256,
            "acknowledged": sent.acknowledged,
            "acknowledged_at": sent.acknowledged_at,
            "response": sent.response,
            "responded_at": sent.responded_at,
        },
    }


def _attempt(row: Attempt) -> dict[str, Any]:
    return {
        "delivery": row.delivery_id,
        "number": row.number,
        "kind": row.kind,
        "worker": row.worker,
        "started_at": row.started_at,
        "closed_at": row.closed_at,
        "outcome": row.outcome,
        "detail": row.detail,
        "exchanges": sorted(exchange.pk for exchange in row.exchanges.all()),
    }


def _exchange(row: Exchange, keep: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "connection": str(row.connection),
        "method": row.method,
        "url": mask_url(row.url),
        "status": row.status,
        "problem": row.problem,
        "started_at": row.started_at,
        "milliseconds": row.milliseconds,
        "request_headers": mask_headers(row.request_headers or {}),
        "request_sha256": row.request_sha256,
        "request": keep(f"exchange-{row.pk}-request", row, "request"),
        "response_headers": mask_headers(row.response_headers or {}),
        "response_sha256": row.response_sha256,
        "response": keep(f"exchange-{row.pk}-response", row, "response"),
        "truncated": row.truncated,
    }


def _line(event: AuditEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at,
        "who": event.actor_name,
        "action": event.action,
        "object": f"{event.object_type} {event.object_id}",
        "number": event.business_number,
        "summary": event.summary,
        "details": event.details,
        "seal": event.seal.number if event.seal is not None else None,
    }


def _seal(seal: Seal) -> dict[str, Any]:
    return {
        "number": seal.number,
        "lines": seal.count,
        "last_line": seal.last_event,
        "digest": seal.digest,
        "previous_digest": seal.previous_digest,
        "made_at": seal.created_at,
    }


def plain(shown: Shown) -> str:
    """What a page shows of kept bytes, as one text."""
    parts: Iterable[str] = (row.raw for row in shown.view.rows) if shown.view is not None else ()
    text = "\n".join([*([shown.text] if shown.text else []), *parts])
    return f"{text}\n(It is longer: this is its beginning.)\n" if shown.cut or _hides_rows(shown) else text


def _hides_rows(shown: Shown) -> bool:
    return shown.view is not None and bool(shown.view.hidden)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, cls=DjangoJSONEncoder).encode()
