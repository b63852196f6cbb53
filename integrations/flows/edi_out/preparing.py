"""From a record of the books to what may be sent: agreement, purpose, segments, checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from edi import services as edi
from edi.documents.building import BuildOptions, Seg
from edi.documents.purchase_order import PurchaseOrder
from edi.documents.ship_notice import ShipNotice
from edi.documents.values import digest
from edi.models import Agreement, TransactionSet
from integrations.flows import pair_settings
from integrations.flows.contract import RECALL, Job, Nothing, NotWritten, Prepared, Send, Unmapped
from integrations.flows.edi_out import changes, edifact, moved
from integrations.flows.edi_out.values import (
    Built,
    Freezer,
    Knows,
    Line,
    Outbound,
    Previewer,
    TradeDocument,
    name_of,
    number_of,
)
from integrations.flows.edi_out.writing import Build, written_for
from integrations.flows.pair_settings import EdiSettings
from integrations.models import Delivery
from integrations.systems.contract import Unmappable
from portal.common.clock import db_now


def prepare(
    job: Job,
    outbound: Outbound,
    *,
    freeze: Freezer,
    preview: Previewer,
    check: Callable[[Built], tuple[str, ...]],
    knows: Knows | None = None,
) -> Prepared:
    """Everything up to the frozen bytes. `check` has the network look at the built document and returns what had to
    be altered, in words. `knows` says why the partner knows a document that we never sent it: it made it so itself.

    Raises Unmappable when the document cannot be sent as it is.
    """
    integration = job.flow.integration
    settings = pair_settings.read(integration.settings)
    document = job.edited(outbound.to_document(job.raw, integration.books, settings.company.party()))
    if job.operation == RECALL:
        agreement: Agreement | Nothing = moved.agreement_to_recall(job, outbound, document, settings)
    else:
        agreement = _agreement(job, outbound, document, settings)
    recalls = moved.recalls(job, outbound, document, settings)
    if isinstance(agreement, Nothing):
        return replace(agreement, recalls=recalls)
    job = moved.as_known_to(job, agreement.partner_id)
    said = digest(document)
    purpose = _purpose(job, agreement, said, knows)
    if isinstance(purpose, Nothing):
        return replace(purpose, recalls=recalls)
    try:
        built = build(job, document, agreement, purpose=purpose, entity=outbound.entity)
        altered = check(built)
    except Unmappable as error:
        if job.operation != RECALL:
            raise NotWritten(error, recalls) from error
        raise moved.cannot_be_told(document, str(agreement.partner), error.sentence) from error
    return Send(
        digest=said,
        purpose=purpose,
        document=built.document,
        changes=(*altered, *(one.words for one in recalls)),
        freeze=lambda now: freeze(built, now),
        preview=lambda: preview(built),
        recalls=recalls,
    )


def build(job: Job, document: TradeDocument, agreement: Agreement, *, purpose: str, entity: str) -> Built:
    """The document with its segments, by the agreement. Raises Unmappable with every reason against it."""
    settings = pair_settings.read(job.flow.integration.settings)
    said = digest(document)
    as_change = _as_change(job, document, agreement, purpose)
    if agreement.is_edifact and purpose == "change" and not as_change:
        purpose = "replace"  # nobody can tell any more what the partner was told before
    document = _with_units(msgspec.structs.replace(document, purpose=purpose), settings.missing_unit)
    options = _build_options(agreement, settings)
    make = _maker(as_change, agreement, settings) if agreement.is_edifact else None
    segments, altered = written_for(agreement, document, options, make)
    return Built(
        document=document,
        segments=segments,
        altered=altered,
        agreement=agreement,
        set_id=changes.CHANGE if as_change else agreement.set_id,
        purpose=purpose,
        digest=said,
        options=options,
        connection=job.flow.integration.partner,
        entity=entity,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _AsChange:
    """An order that goes as a change of what the partner was told before."""

    before: changes.Stated
    sequence: str


def _as_change(job: Job, document: TradeDocument, agreement: Agreement, purpose: str) -> _AsChange | None:
    """In EDIFACT a later version of an order, or its cancellation, is an ORDCHG to a partner who takes changes."""
    takes_changes = agreement.is_edifact and agreement.versions == Agreement.Versions.CHANGE
    is_later = isinstance(document, PurchaseOrder) and purpose in ("change", "cancellation")
    if not takes_changes or not is_later or job.last is None:
        return None
    deliveries = Delivery.objects.select_related("transaction_set__interchange")
    last = deliveries.filter(pk=job.last.delivery_id).first()
    before = changes.stated_before(last.transaction_set if last is not None else None)
    if before is None:
        return None
    told = TransactionSet.objects.filter(
        tenant_id=agreement.tenant_id,
        partner=agreement.partner_id,
        set_id__in=(changes.ORDER, changes.CHANGE),
        business_number=number_of(document),
        interchange__direction="out",
        interchange__stream=agreement.stream,
    )
    return _AsChange(before=before, sequence=f"{number_of(document)}-{told.count()}")


def _maker(as_change: _AsChange | None, agreement: Agreement, settings: EdiSettings) -> Build:
    options = edifact.options_of(agreement, settings.units)
    today = db_now().date() if as_change is not None else None

    def make(document: TradeDocument) -> list[Seg]:
        if as_change is None or today is None or not isinstance(document, PurchaseOrder):
            return edifact.segments_of(document, options)
        change = changes.change_of(
            document, as_change.before, sequence=as_change.sequence, today=today, options=options
        )
        return edifact.segments_of(change, options)

    return make


def _agreement(job: Job, outbound: Outbound, document: TradeDocument, settings: EdiSettings) -> Agreement | Nothing:
    integration = job.flow.integration
    number = outbound.partner_number(document)
    network = integration.partner.network
    if network is None:
        raise Unmappable(f"{integration.partner.name} reaches no trading partners.")
    company = str(integration.books.settings.get("company_id", ""))
    found = edi.agreement_for(
        network=network,
        company=company,
        entity=outbound.entity,
        number=number,
        document_type=outbound.document_type,
        direction="out",
        stream=settings.stream,
    )
    if found is None:
        return Nothing(
            f"Not on this network: {outbound.entity} {number} has no {settings.stream} agreement "
            f"for {outbound.document_type} over {network}.",
            issue=settings.unknown_partner_is_issue,
            remedy="Make an agreement with the trading partner for it, then force a replay; or dismiss this.",
            unmapped=Unmapped(
                entity=outbound.entity,
                number=number,
                name=_name_of(outbound.entity, document),
                document_type=outbound.document_type,
                stream=settings.stream,
                network=network.key,
            ),
        )
    return found


def _name_of(entity: str, document: TradeDocument) -> str:
    party = document.party("supplier" if entity == "supplier" else "buyer")
    return party.name if party is not None else ""


def _purpose(job: Job, agreement: Agreement, said: str, knows: Knows | None) -> str | Nothing:
    """Original, a later version, or a cancellation: by what the partner has."""
    if job.forced_purpose:
        return job.forced_purpose
    last = job.last
    there = last is not None and last.purpose != "cancellation"
    if job.operation in ("cancel", RECALL):
        return "cancellation" if there else Nothing("It was cancelled before it was ever sent.")
    if last is None or not there:
        return "original"
    if last.digest == said:
        return Nothing("Nothing that the partner is told has changed.")
    if knows is not None and (why := knows(job, agreement, said)):
        return Nothing(why)
    return agreement.versions


def _with_units(document: TradeDocument, missing: str) -> TradeDocument:
    """The document with a unit on every line: books allow lines without one, EDI does not."""
    if isinstance(document, ShipNotice):
        orders = tuple(
            msgspec.structs.replace(order, items=tuple(_with_unit(item, missing) for item in order.items))
            for order in document.orders
        )
        return msgspec.structs.replace(document, orders=orders)
    return msgspec.structs.replace(document, lines=tuple(_with_unit(line, missing) for line in document.lines))


def _with_unit(line: Line, missing: str) -> Line:
    return line if line.unit or line.quantity is None else msgspec.structs.replace(line, unit=missing)


def _build_options(agreement: Agreement, settings: EdiSettings) -> BuildOptions:
    if agreement.is_edifact:
        return BuildOptions(units=settings.units)
    wanted: dict[str, Any] = dict(agreement.settings.get("build", {}))
    wanted["version"] = "005010" if agreement.version.startswith("005") else "004010"
    wanted["units"] = {**settings.units, **wanted.get("units", {})}
    try:
        return msgspec.convert(wanted, BuildOptions)
    except msgspec.ValidationError as error:
        raise Unmappable(
            f"The agreement '{agreement}' has wrong build settings: {error}.",
            remedy="Correct the agreement's settings.",
        ) from error


def supplier_number(document: TradeDocument) -> str:
    """The supplier's number in the buyer's books. Raises Unmappable when the record names none."""
    supplier = document.party("supplier")
    number = supplier.id_of("buyer") if supplier else ""
    if not number:
        raise Unmappable(
            f"{name_of(document)} names no supplier.",
            remedy="Choose the supplier in Visma.net.",
            field="supplier.number",
        )
    return number


def customer_number(document: TradeDocument) -> str:
    """The customer's number in the seller's books. Raises Unmappable when the record names none."""
    buyer = document.party("buyer")
    number = buyer.id_of("supplier") if buyer else ""
    if not number:
        raise Unmappable(
            f"{name_of(document)} names no customer.",
            remedy="Choose the customer in Visma.net.",
            field="customer.number",
        )
    return number
