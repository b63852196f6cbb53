"""How a document of the books is told on an order of the shop: as a comment, as an entry of an attribute, or both."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from edi.documents.values import Value, digest, normalise
from integrations.flows.adobe_in.reading import shop_of
from integrations.flows.contract import Frozen, Job, Nothing, Prepared, Send
from integrations.models import Delivery, State
from integrations.systems.adobe import attributes, sinks
from integrations.systems.contract import Setting

COMMENT, ATTRIBUTE = "comment", "attribute"
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


def tell(job: Job, told: Told) -> Prepared:
    """What is to be written, unless it is what was written last. Each version of what is told is another comment, with
    its number in the mark; an entry of an attribute takes the place of the one before."""
    said = digest(msgspec.structs.replace(told, key="", short=""))
    if job.last is not None and job.last.digest == said and not job.forced_purpose:
        return Nothing("It says nothing new to the shop.")
    before = Delivery.objects.filter(flow=job.flow, lane=job.lane, state=State.DELIVERED).count()
    settings = job.flow.settings or {}
    way, code = str(settings.get("told_as") or COMMENT), str(settings.get("attribute") or ATTRIBUTES[job.flow.key])
    if told.company:
        way, code = ATTRIBUTE, str(settings.get("company_attribute") or ATTRIBUTES[job.flow.key])
    elif not attributes.there_are(shop_of(job)):
        way = COMMENT
    command = sinks.OrderComment(
        order=told.order,
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
        freeze=lambda now: Frozen(body=body, meta={"order": told.order}),
        preview=lambda: body,
    )


def money(amount: Decimal | None) -> str:
    """With two decimals."""
    return format(normalise(amount or Decimal(0)).quantize(Decimal("0.01")), "f")
