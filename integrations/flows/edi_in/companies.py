"""For which company a document is that came in, where several companies share one connection to a network.

Each company's integration is given every document. By the agreement and the numbers of its trading partner it is known
whose it is; where both say nothing or too much, by the orders that it names. Nothing is applied by guess.
"""

from __future__ import annotations

from collections.abc import Collection

from edi.models import PartnerNumber, TransactionSet
from integrations.flows.contract import Job, Nothing
from integrations.models import Delivery, Flow, Integration, State
from integrations.systems.contract import Unmappable

ORDERS = "purchase-orders"
"""Key of the flows that send orders."""
SENT = (State.SENDING, State.ACCEPTED, State.IN_DOUBT, State.DELIVERED)


def for_another(job: Job, row: TransactionSet, orders: Collection[str] = ()) -> Nothing | None:
    """Nothing, with the reason, where the document is for another company; None where it is for this one.

    `orders`: the numbers of orders that it names. Raises Unmappable where nobody can tell.
    """
    ours, others = _companies(job)
    if not others:
        return None
    meant = _meant(row)
    if meant and ours not in meant:
        return _not_ours(meant)
    if meant and not meant & others:
        return None
    by_orders = _by_orders(job, row, orders)
    if len(by_orders) == 1:
        return None if ours in by_orders else _not_ours(by_orders)
    raise Unmappable(
        f"{row} from {row.partner or row.interchange.sender_id} may be for company "
        f"{' or '.join(sorted(meant & {ours, *others} or {ours, *others}))}: nothing was done.",
        remedy='State the company in the settings of the agreement by which it came, as {"company": "1001"}, or give '
        "each company a trading partner, and an id, of its own; then replay.",
    )


def is_for_another(job: Job, row: TransactionSet) -> Nothing | None:
    """The same for what is kept and shown alone: where nobody can tell, every company has it."""
    try:
        return for_another(job, row)
    except Unmappable:
        return None


def sent_by_another(job: Job, sent: TransactionSet) -> Nothing | None:
    """Nothing, with the reason, where a document that something is said of was sent for another company."""
    delivery = Delivery.objects.filter(transaction_set=sent, frozen__isnull=False).select_related("integration").first()
    if delivery is None or delivery.integration_id == job.flow.integration_id:
        return None
    return Nothing(f"{sent} was sent by {delivery.integration.name}, which is told.")


def done_by_another(job: Job) -> Nothing | None:
    """Nothing, with the reason, where another company's integration does what this record asks for: what goes back
    over a shared connection goes once. The one that was made first does it, or the one that has begun."""
    flows = Flow.objects.filter(
        integration__partner_id=job.flow.integration.partner_id,
        integration__enabled=True,
        integration__pair=job.flow.integration.pair,
        key=job.flow.key,
        enabled=True,
    ).select_related("integration")
    every = {flow.integration_id: flow.integration for flow in flows}
    rows = Delivery.objects.filter(flow__key=job.flow.key, state__in=SENT, frozen__isnull=False).order_by("pk")
    begun = (
        rows.filter(record_id=job.record_id).values_list("integration_id", flat=True).first()
        if job.record_id is not None
        else None
    )
    chosen = begun if begun is not None else min(every, default=job.flow.integration_id)
    if chosen == job.flow.integration_id:
        return None
    name = every[chosen].name if chosen in every else "another integration"
    return Nothing(f"It goes out once, by {name}, which uses the same connection.")


def _companies(job: Job) -> tuple[str, set[str]]:
    """This integration's company, and the others on the connection, whether they are switched on or not."""
    integration = job.flow.integration
    rows = Integration.objects.filter(partner_id=integration.partner_id, pair=integration.pair).select_related("books")
    found = {str((row.books.settings or {}).get("company_id", "")) for row in rows}
    ours = str((integration.books.settings or {}).get("company_id", ""))
    return ours, found - {ours}


def _meant(row: TransactionSet) -> set[str]:
    """The companies that a document may be for; none where nothing is known."""
    stated = (row.agreement.settings or {}).get("company") if row.agreement is not None else None
    if stated:
        return {str(stated)}
    if row.partner_id is None:
        return set()
    return set(PartnerNumber.objects.filter(partner_id=row.partner_id).values_list("company", flat=True))


def _by_orders(job: Job, row: TransactionSet, orders: Collection[str]) -> set[str]:
    """The companies that sent the orders to this trading partner."""
    if not orders or row.partner_id is None:
        return set()
    sent = Delivery.objects.filter(
        integration__partner_id=job.flow.integration.partner_id,
        flow__key=ORDERS,
        state=State.DELIVERED,
        transaction_set__partner_id=row.partner_id,
        business_number__in=list(orders),
    ).select_related("integration__books")
    return {str((delivery.integration.books.settings or {}).get("company_id", "")) for delivery in sent}


def _not_ours(companies: Collection[str]) -> Nothing:
    return Nothing(f"It is for company {' or '.join(sorted(companies))}.")
