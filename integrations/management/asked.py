"""Carrying out an operation in this process, for commands that wait for its end."""

from __future__ import annotations

import time

from django.db.models import Q

from integrations.engine.slice import Scope, run_slice
from integrations.models import Operation
from portal.common.clock import db_now


def to_its_end(asked: Operation) -> Operation:
    """Works on this operation alone until it has ended."""
    while not asked.ended:
        run_slice(threads=1, limits=Scope(feeds=set(), deliveries=Q(pk__in=[]), operations={asked.pk}))
        asked = Operation.objects.select_related("flow__integration").get(pk=asked.pk)
        if not asked.ended:
            time.sleep(max(0.0, min(2.0, (asked.due_at - db_now()).total_seconds())))
    return asked
