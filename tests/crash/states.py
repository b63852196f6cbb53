"""What both sides hold at the end, in a form in which two runs can be compared.

Of the simulators: every row that differs from where the story began. Of the connector: every record, delivery, link and
document. What is different each time (instants, random ids, tokens) is replaced by a word.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.models import F
from django_scopes import scopes_disabled

from edi.models import TransactionSet
from integrations.models import Attempt, Delivery, Feed, Issue, Link, Record, Run
from portal.audit import trail
from portal.tenants.models import Tenant

_ALWAYS_DIFFERENT = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"), "<instant>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),  # of something with an instant in it
    (re.compile(r"(?<=\*)\d{6}\*\d{4}(?=\*[U^|!]\*)"), "<instant>"),  # ISA09 and ISA10
    (re.compile(r"(?<=\*)\d{8}\*\d{4,8}(?=\*\d+\*X\*)"), "<instant>"),  # GS04 and GS05
)
PRIVATE = frozenset({"requests", "authentications", "requestStatus", "tasks"})
"""What a simulator notes of being asked: a new worker signs in anew where the token of a dead one was not kept, and the
same record written again is another request of which nothing comes."""


def plain(value: Any) -> Any:
    """A value without what is different each time."""
    match value:
        case str():
            for pattern, word in _ALWAYS_DIFFERENT:
                value = pattern.sub(word, value)
            return value
        case dict():
            return {plain(key): plain(content) for key, content in value.items()}
        case list():
            return [plain(content) for content in value]
    return value


def news_of_simulators(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Every row of the simulators that was made or changed since `before`, plain, by system and entity."""
    found: dict[str, Any] = {}
    for system, entities in after.items():
        for entity, table in entities.items():
            if entity in PRIVATE:
                continue
            earlier = before.get(system, {}).get(entity, {}).get("items", [])
            known = {row["key"]: row for row in earlier}
            # In whatever order they came: documents of different lanes may overtake each other.
            rows = sorted((plain(row) for row in table["items"] if known.pop(row["key"], None) != row), key=repr)
            if rows or known:
                found[f"{system} {entity}"] = {"rows": rows, "gone": sorted(known)}
    return found


def connector() -> dict[str, Any]:
    """What our own database says, and what may never be so once all is settled."""
    with scopes_disabled():
        deliveries = Delivery.objects.annotate(flow_key=F("flow__key"))
        return {
            # Not by key or fingerprint: what we received has ids of our own, given in the order in which it was taken.
            "records": _rows(Record.objects, "feed__key", "kind", "business_number", "status", "is_newest"),
            "deliveries": _rows(deliveries, "flow_key", "operation", "business_number", "purpose", "state"),
            "links": plain(_rows(Link.objects, "entity", "source_id", "target_id")),
            "documents": _rows(TransactionSet.objects, "set_id", "business_number", "acknowledged"),
            "issues": plain(_rows(Issue.objects.filter(status=Issue.Status.OPEN), "error_class", "sentence")),
            "wrong": wrong(),
        }


def _rows(rows: Any, *fields: str) -> list[list[Any]]:
    return sorted(([*values] for values in rows.values_list(*fields)), key=repr)


def wrong() -> list[str]:
    """Sentences on what no crash may leave behind."""
    wrong = [f"{n} attempts are open" for n in [Attempt.objects.filter(closed_at=None).count()] if n]
    wrong += [f"{n} runs are running" for n in [Run.objects.filter(outcome=Run.Outcome.RUNNING).count()] if n]
    wrong += [f"feed {f.key} is leased" for f in Feed.objects.exclude(lease_until=None)]
    wrong += [f"delivery {d.pk} is leased" for d in Delivery.objects.exclude(lease_until=None)]
    for tenant in Tenant.objects.all():
        trail.seal_events(tenant)
        if not trail.verify(tenant).intact:
            wrong.append(f"the audit trail of {tenant.slug} is broken")
    return wrong


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two ends differ, a line each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = sorted({*expected, *found})
        return [line for key in keys for line in differences(expected.get(key), found.get(key), f"{path}/{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for n, (one, other) in pairs for line in differences(one, other, f"{path}/{n}")]
    return [] if expected == found else [f"{path}: {str(expected)[:300]} became {str(found)[:300]}"]
