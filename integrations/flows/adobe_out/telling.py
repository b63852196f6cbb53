"""How a document of the books is told on an order of the shop: as a comment, as an entry of an attribute, or both."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import takewhile

import msgspec

from edi.documents.values import Value, digest, normalise
from integrations.flows.adobe_in.reading import shop_of
from integrations.flows.contract import Frozen, Job, Nothing, Prepared, Send
from integrations.models import Delivery, State
from integrations.systems.adobe import attributes, sinks
from integrations.systems.contract import Setting

COMMENT, ATTRIBUTE = "comment", "attribute"
HOW_TO_SAY = (
    "Write the number of the web order into the purchase order's field in Visma.net, or into the flow's table of "
    "purchase orders, and replay this delivery by force: only the orders that were not told are. If it is for none, "
    "dismiss this."
)
ATTRIBUTES = {"customer-invoices": "erp_invoice_status", "supplier-invoices": "erp_supplier_invoices"}
"""Codes of the attributes, by flow, where none is set."""


class Told(Value, frozen=True, kw_only=True):
    """What is told of a document of the books."""

    order: str = ""
    """entity_id of the order of the shop that it is told on."""
    company: str = ""
    """Id of the company of the shop that it is told on, where no order is known."""
    about: str
    text: str
    key: str = ""
    """The document, as the entry of an attribute begins."""
    short: str = ""
    """What the entry says of it."""


class _Among(Value, frozen=True, kw_only=True):
    """What is told on several orders."""

    said: str
    others: tuple[str, ...]


def told_as(code: str) -> tuple[Setting, ...]:
    """The settings of a flow that tells. `code`: of the attribute, unless another is set."""
    return (
        Setting(
            name="told_as",
            label="Told as",
            kind="choice",
            choices=((COMMENT, "comments"), (ATTRIBUTE, "a custom attribute"), ("both", "both")),
            default=COMMENT,
            help="On the order. Custom attributes are there as a Cloud Service, and where the live test of the "
            f"connection found the module {attributes.OF_ORDERS}; elsewhere comments are written all the same.",
        ),
        Setting(
            name="attribute",
            label="Code of the attribute",
            default=code,
            help="Its value lists the documents of the order, with semicolons between.",
        ),
    )


def tell(job: Job, told: Told, *, others: Sequence[str] = (), unknown: Sequence[str] = ()) -> Prepared:
    """What is to be written, unless it is what was written last. Each version of what is told is another comment, with
    its number in the mark; an entry of an attribute takes the place of the one before.

    `others`: orders that it is told on, too; one that was told this already is left out. `unknown`: purchase orders of
    which nobody knows the order; people are told of each once."""
    said = digest(msgspec.structs.replace(told, key="", short=""))
    if others:
        said = digest(_Among(said=said, others=tuple(others)))
    if job.last is not None and job.last.digest == said and not job.forced_purpose:
        return Nothing("It says nothing new to the shop.")
    rows = Delivery.objects.filter(flow=job.flow, lane=job.lane, state=State.DELIVERED).order_by("-pk")
    metas = [meta or {} for meta in rows.values_list("frozen_meta", flat=True)]
    before, what = len(metas), digest(msgspec.structs.replace(told, order="", key="", short=""))
    orders = [told.order, *others] if told.order else []
    same = takewhile(lambda meta: meta.get("what") == what, metas)
    there = {order for meta in same for order in meta.get("orders", ())}
    untold = [order for order in orders if order not in there]
    if orders and not untold and not job.forced_purpose:
        return Nothing("It says nothing new to the shop.")
    orders = untold or orders
    listed = {number for meta in metas for number in meta.get("unknown", ())}
    new = [number for number in unknown if number not in listed]
    settings = job.flow.settings or {}
    way, code = str(settings.get("told_as") or COMMENT), str(settings.get("attribute") or ATTRIBUTES[job.flow.key])
    if told.company:
        way, code = ATTRIBUTE, str(settings.get("company_attribute") or ATTRIBUTES[job.flow.key])
    elif not attributes.there_are(shop_of(job)):
        way = COMMENT
    command = sinks.OrderComment(
        order=orders[0] if orders else "",
        others=tuple(orders[1:]),
        company=told.company,
        mark=f"[{told.about} rev:{before + 1}]",
        text=told.text,
        comment=way != ATTRIBUTE,
        attribute="" if way == COMMENT else code,
        entry=None if way == COMMENT else attributes.Entry(key=told.key, text=told.short),
    )
    body = sinks.encode(command)
    return Send(
        digest=said,
        purpose="cancellation" if job.operation == "cancel" else "original",
        document=told,
        freeze=lambda now: Frozen(
            body=body, meta={"order": command.order, "orders": orders, "what": what, "unknown": list(unknown)}
        ),
        preview=lambda: body,
        left_out=_not_told(told, new) if new else "",
        # Said also where nothing is left out: then the issue of an earlier version is over.
        left_out_remedy="" if unknown and not new else HOW_TO_SAY,
    )


def _not_told(told: Told, numbers: Sequence[str]) -> str:
    them = f"purchase order{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
    return (
        f"{told.key} is told on the orders of the shop that are known. It names {them} too, of which the order of the "
        "shop is not known."
    )[:500]


def money(amount: Decimal | None) -> str:
    """With two decimals."""
    return format(normalise(amount or Decimal(0)).quantize(Decimal("0.01")), "f")
