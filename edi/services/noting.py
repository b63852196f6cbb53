"""What a network and a partner say of a set, noted on it.

Several say something of the same set at the same moment: the network's log, a match result, an acknowledgment. Who
notes one of them holds the row and adds to what stands there; what was read before that is never written back.
"""

from __future__ import annotations

from collections.abc import Mapping

from edi.models import TransactionSet

WHAT_IS_SAID = (
    "network_id",
    "network_status",
    "acknowledged",
    "acknowledgment_due_at",
    "acknowledged_at",
    "verdict_noted_at",
)


def hold(row: TransactionSet) -> None:
    """Reads what is said of a set anew and holds its row until the transaction ends. Call it in one."""
    row.refresh_from_db(fields=WHAT_IS_SAID, from_queryset=TransactionSet.objects.select_for_update())


def note_status(row: TransactionSet, said: Mapping[str, object]) -> None:
    """Adds to what is said of a set; what the same one said before is replaced. Call it in a transaction."""
    hold(row)
    before = row.network_status or {}
    row.network_status = {**before, **said}
    if row.network_status != before:
        row.save(update_fields=["network_status"])
