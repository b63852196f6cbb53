"""Visma.net ERP → Basware P2P: reference data and vendors; and what all flows of the pair share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

import msgspec

from integrations.flows.contract import FlowSpec, Job, Nothing, Prepared
from integrations.flows.visma_renumbered import kept_of, must_be_the_same
from integrations.flows.visma_rows import books_of, must_be_there, row_flow, send_bytes
from integrations.models import Delivery, State
from integrations.systems.basware import mapping as basware
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.mapping import Place
from integrations.systems.basware.settings import Options
from integrations.systems.contract import Setting, Unmappable
from integrations.systems.visma import mapping as visma
from integrations.systems.visma import wire
from integrations.systems.visma import wire_ledger as ledger
from integrations.systems.visma.mapping.parts import decoded
from integrations.systems.visma.references import SegmentValue

FIXED_DAYS = "FixedNumberOfDays"
PAIR = "visma-basware"
COST_CENTERS = 1
"""Segment of the subaccount whose values are cost centres, unless a setting says otherwise."""

Lists = dict[
    str,
    Annotated[
        str,
        msgspec.Meta(pattern="^(ACC_LIST_([1-9]|[12][0-9]|3[0-5])|INV_LIST_([1-9]|1[0-9]|20)|CUST_RESOLVER_[1-5])$"),
    ],
]
"""Number of a segment → list of P2P."""
Dimensions = dict[str, Annotated[int, msgspec.Meta(ge=1, le=10)]]
"""Number of a segment → dimension of coding."""

flow: Callable[..., FlowSpec] = partial(row_flow, PAIR)


def place_of(job: Job) -> Place:
    """Where records belong in P2P."""
    options = Options.of(job.flow.integration.partner)
    return Place(
        company=options.company_code, element=options.element, source=options.source_system, language=options.language
    )


def send(
    job: Job, row: dict[str, Any], *, meta: dict[str, Any] | None = None, purpose: str = "original", again: bool = False
) -> Prepared:
    """The record, unless Basware has it so already. `again`: it goes all the same, for what follows depends on it.
    Raises Unmappable for one that Basware knows by another code."""
    _code_is_for_ever(job, str(row["externalCode"]))
    return send_bytes(job, basware.encode(row), row, to=LABEL, meta=meta, purpose=purpose, again=again)


def _code_is_for_ever(job: Job, code: str) -> None:
    """Raises Unmappable where this object was sent under another external code: it would be there twice."""
    if job.last is None:
        return
    before = Delivery.objects.filter(pk=job.last.delivery_id, state=State.DELIVERED).values_list("target_id", flat=True)
    known = before.first()
    if known and known != code:
        raise Unmappable(
            f"{LABEL} knows {job.business_number or job.source_id} as {known}, and would get it as {code}: it would be "
            "there twice.",
            remedy="Set company code and name of the source system back, in the connection's settings, to what they "
            "were when it was sent; then replay. For another company make another connection.",
        )


def send_list(job: Job, rows: list[dict[str, Any]], *, meta: dict[str, Any], again: bool = False) -> Prepared:
    """Several records that belong together, as one effect."""
    body = b"[" + b",".join(basware.encode(row) for row in rows) + b"]"
    return send_bytes(job, body, {"lines": rows}, to=LABEL, meta=meta, again=again)


def there(job: Job, entity: str, source_ids: Collection[str], words: str, flow: str) -> None:
    """Raises Needs for the first that Basware has not confirmed yet: not that it was sent, but that P2P took it."""
    must_be_there(job, entity, source_ids, words, to=LABEL, flow=flow)


# --- Reference data


def _account(job: Job) -> Prepared:
    given = decoded(job.raw, ledger.Account, "account")
    row = basware.account(
        place_of(job),
        number=(given.account_cd or "").strip(),
        name=(given.description or "").strip(),
        active=given.active is not False,
    )
    return send(job, row)


def _dimension(job: Job) -> Prepared:
    given = decoded(job.raw, SegmentValue, "segment value")
    segment, value, name = given.segment, given.value, given.description.strip()
    place, active = place_of(job), given.active
    if given.segment == int(job.flow.settings.get("cost_center_segment", COST_CENTERS)):
        return send(
            job,
            basware.cost_center(place, segment=segment, value=value, name=name, active=active),
            meta={"kind": "CostCenter"},
        )
    wanted = job.flow.settings.get("lists") or {}
    key = str(wanted.get(str(given.segment)) or "")
    if not key:
        return Nothing(f"Segment {given.segment} ({given.segment_name}) goes to no list of Basware: a setting.")
    return send(
        job,
        basware.list_item(place, segment=segment, value=value, name=name, active=active),
        meta={"kind": "GenericList", "list": key},
    )


def _payment_term(job: Job) -> Prepared:
    given = decoded(job.raw, ledger.CreditTerm, "payment term")
    fixed = given.due_date_type in (None, FIXED_DAYS)
    row = basware.payment_term(
        place_of(job),
        code=(given.terms_id or "").strip(),
        name=(given.description or "").strip(),
        days=given.due_day1 if fixed else None,
        discount_days=given.discount_day or 0,
        discount_percent=given.discount_percent or Decimal(0),
    )
    return send(job, row)


def _tax_code(job: Job) -> Prepared:
    """The rate of today, by the schedule of input VAT; the feed gives the code anew on the day that another begins."""
    given = decoded(job.raw, ledger.Vat, "VAT code")
    today = dt.datetime.now(books_of(job).zone).date().isoformat()
    begun = [s for s in given.schedules or () if (s.start_date or "")[:10] <= today and s.vat_rate is not None]
    inputs = [s for s in begun if s.group_type == "Input"] or begun
    current = max(inputs, key=lambda s: s.start_date or "", default=None)
    row = basware.tax_code(
        place_of(job),
        code=(given.vat_id or "").strip(),
        name=(given.description or "").strip(),
        percent=(current.vat_rate if current is not None else None) or Decimal(0),
        active=not given.not_valid_after or given.not_valid_after[:10] >= today,
    )
    return send(job, row)


# --- Vendors


def _supplier(job: Job) -> Prepared:
    supplier = visma.supplier(job.raw)
    given = decoded(job.raw, wire.Supplier, "supplier")
    must_be_the_same(job, given, to=LABEL)
    term = (given.credit_terms.id or "").strip() if given.credit_terms else ""
    name = (given.credit_terms.description or "").strip() if given.credit_terms else ""
    if not job.flow.settings.get("payment_terms", True):
        term = name = ""
    if term:
        there(job, "payment-term", {term}, "payment term", "payment-terms")
    row = basware.vendor(
        place_of(job),
        supplier,
        paid_to=visma.paid_to(job.raw),
        term=term,
        term_name=name,
        paid=supplier.status not in ("HoldPayments", "OnHold"),
    )
    return send(job, row, meta=kept_of(given))


# --- The flows

FLOWS = (
    flow("accounts", "GL accounts", entity="account", sink="accounts", rank=10, prepare=_account),
    flow(
        "dimensions",
        "Dimensions → cost centres and lists",
        entity="dimension",
        sink="dimensions",
        rank=11,
        prepare=_dimension,
        settings=(
            Setting(
                name="cost_center_segment",
                label="Segment of cost centres",
                kind="integer",
                default=COST_CENTERS,
                help="Number of the subaccount's segment whose values are cost centres.",
            ),
            Setting(
                name="lists",
                label="Lists for the other segments",
                kind="json",
                default={},
                shape=Lists,
                help='Segment to list of P2P, as {"2": "ACC_LIST_1"}: ACC_LIST_1 to 35, INV_LIST_1 to 20, '
                "CUST_RESOLVER_1 to 5. Segments that are not named are not sent.",
            ),
            Setting(
                name="dimensions",
                label="Dimensions of coding for the other segments",
                kind="json",
                default={},
                shape=Dimensions,
                help='Segment to dimension of P2P, 1 to 10, as {"2": 1}: lines of purchase orders are coded with it '
                "(dimCode1). Which list a dimension takes its values from is set up in P2P.",
            ),
        ),
    ),
    flow("payment-terms", "Payment terms", entity="payment-term", sink="payment-terms", rank=12, prepare=_payment_term),
    flow(
        "tax-codes",
        "VAT codes",
        entity="tax-code",
        feed="vat-codes",
        sink="tax-codes",
        rank=13,
        prepare=_tax_code,
    ),
    flow(
        "suppliers",
        "Suppliers → vendors",
        entity="supplier",
        sink="vendors",
        rank=20,
        prepare=_supplier,
        settings=(
            Setting(
                name="payment_terms",
                label="Send payment terms",
                kind="boolean",
                default=True,
                help="A vendor waits until its payment term is there. Switch it off where terms are kept in Basware.",
            ),
        ),
    ),
)
