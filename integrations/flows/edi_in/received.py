"""Documents that were received and taken: their rows, and who sent them."""

from __future__ import annotations

from edi.documents.edifact import MESSAGES
from edi.documents.registry import SETS
from edi.models import Network, PartnerNumber, TradingPartner, TransactionSet
from integrations.flows.contract import Job
from integrations.systems.contract import Unmappable


def row_of(job: Job) -> TransactionSet:
    """The row of the job's document. Raises Unmappable when it is gone."""
    rows = TransactionSet.objects.select_related("interchange", "partner", "agreement")
    row = rows.filter(tenant_id=job.flow.tenant_id, pk=int(job.source_id)).first() if job.source_id.isdigit() else None
    if row is None:
        raise Unmappable(f"Document {job.business_number} is not in our books.", remedy="Receive it again.")
    return row


def network_of(job: Job) -> Network:
    """The network that the record came over. Raises Unmappable."""
    partner = job.flow.integration.partner
    if partner.network is None:
        raise Unmappable(f"{partner.name} reaches no trading partners.")
    return partner.network


def sender_of(row: TransactionSet) -> str:
    """As people know him, or by his id."""
    return str(row.partner or row.interchange.sender_id)


def number_of(partner: TradingPartner | None, *, company: str, entity: str) -> str:
    """The supplier or customer number of a trading partner in a company's books, "" when it has none or several."""
    if partner is None:
        return ""
    found = list(
        PartnerNumber.objects.filter(partner=partner, company=company, entity=entity).values_list("number", flat=True)
    )
    return found[0] if len(found) == 1 else ""


def name_of(set_id: str, number: str) -> str:
    """As "Ship notice 4711"."""
    spec = SETS.get(set_id) or MESSAGES.get(set_id)
    return f"{spec.name if spec is not None else f'Document {set_id}'} {number}".rstrip()
