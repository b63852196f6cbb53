"""What of an agreement depends on the network over which it goes."""

from __future__ import annotations

from edi.models import Network
from integrations.models import Connection
from integrations.systems.registry import system


def unfit_standard(network: Network, standard: str) -> str:
    """Why a document in `standard` cannot go over `network`, in a sentence; "" where it can."""
    over = Connection.objects.filter(network=network).first()
    if over is None or standard in (carried := system(over.system).carries):
        return ""
    return (
        f"{network} carries {' and '.join(carried)} alone: the standard cannot be {standard}. How it writes to the "
        "partner is 'format at the partner' (partner_format)."
    )
