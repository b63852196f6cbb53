"""What the other side took and never spoke of again: flows that should have heard something say so, once an hour."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django_scopes import scope

from integrations.engine import issues
from integrations.flows.registry import all_flows
from integrations.models import Flow


def look(now: dt.datetime) -> int:
    """Opens the issues of what was not heard of in time, brings them up to date and closes what was heard of. Returns
    how many deliveries are not heard of."""
    silent = 0
    specs = {key: spec for key, spec in all_flows().items() if spec.unheard is not None}
    rows = Flow.objects.filter(enabled=True, integration__enabled=True, key__in={s.key for s in specs.values()})
    for flow in rows.select_related("integration__tenant", "integration__partner"):
        spec = specs.get(flow.full_key)
        if spec is None or spec.unheard is None:
            continue
        with scope(tenant=flow.integration.tenant), transaction.atomic():
            found = spec.unheard(flow, now)
            if found is None:
                continue
            for one in found:
                issues.for_unheard(flow, one, now=now)
            if spec.heard is not None:
                issues.resolve_unheard(flow, spec.heard, now=now)
        silent += sum(len(one.deliveries) for one in found)
    return silent
