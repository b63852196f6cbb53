"""What is going out, on its way from a document of the books to bytes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edi import services as edi
from edi.documents.building import BuildOptions, Seg
from edi.documents.invoice import Invoice, InvoiceLine
from edi.documents.order_response import OrderResponse, ResponseLine
from edi.documents.purchase_order import OrderLine, PurchaseOrder
from edi.documents.ship_notice import ShipNotice, ShippedItem
from edi.documents.values import Party
from edi.models import Agreement
from edi.x12.errors import InvalidEnvelope
from edi.x12.findings import Finding
from integrations.flows.contract import Frozen, Job
from integrations.models import Connection
from integrations.systems.contract import Unmappable

TradeDocument = PurchaseOrder | Invoice | ShipNotice | OrderResponse
Line = TypeVar("Line", bound=OrderLine | InvoiceLine | ShippedItem | ResponseLine)
TRIAL_NUMBERS = edi.ControlNumbers(interchange=1, group=1)
CHARACTERS = "Change the text in Visma.net, or the partner's charset and separator policies in the agreement."
TRIAL_DATE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What an EDI flow sends: how a record becomes a document, and whose number names the trading partner."""

    document_type: str
    to_document: Callable[[bytes, Connection, Party], TradeDocument]
    """Raw record, Visma connection, ourselves → document. Raises Unmappable."""
    entity: str
    partner_number: Callable[[TradeDocument], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A document that may be sent: checked, with its segments."""

    document: TradeDocument
    segments: list[Seg]
    """In the partner's characters, so that their lengths are those that are sent."""
    altered: tuple[str, ...]
    """What was written otherwise for that, in words."""
    agreement: Agreement
    set_id: str
    """The transaction set or message: 850, ORDERS; ORDCHG where a change of an order goes as one."""
    purpose: str
    digest: str
    options: BuildOptions
    connection: Connection
    entity: str
    """Whose number names the trading partner: a supplier's or a customer's."""

    @property
    def number(self) -> str:
        """The number by which people know the document."""
        return number_of(self.document)


@dataclass(frozen=True, slots=True)
class Text:
    """An interchange, and what was altered to write it."""

    text: str
    body: bytes
    changes: tuple[str, ...]


Freezer = Callable[[Built, dt.datetime], Frozen]
Previewer = Callable[[Built], bytes]
Knows = Callable[[Job, Agreement, str], str]
"""Job, agreement, digest of the document → why the partner knows it, "" when it does not."""


def number_of(document: TradeDocument) -> str:
    return document.order_number if isinstance(document, OrderResponse) else document.number


def name_of(document: TradeDocument) -> str:
    """As "Purchase order 4711", to begin a sentence."""
    match document:
        case PurchaseOrder():
            return f"Purchase order {document.number}"
        case ShipNotice():
            return f"Receipt {document.number}"
        case Invoice():
            return f"Invoice {document.number}"
        case OrderResponse():
            return f"The answer to a change of order {document.order_number}"


def how_to_correct(document: TradeDocument) -> str:
    """What a person does about a document that cannot be sent as it is."""
    if isinstance(document, OrderResponse):
        return (
            "What became of the change stands in the order's note all the same, as soon as this is done with. Correct "
            "the agreement, or the units of the integration, and replay this; or answer the trading partner yourself "
            "and dismiss it."
        )
    return "Correct it in Visma.net; the corrected version goes out by itself."


def counted(found: Counter[str]) -> tuple[str, ...]:
    """Which elements were written otherwise, and how often. Never their values: they may be people's names."""
    return tuple(f"{name}: {times} in the partner's characters" for name, times in sorted(found.items()))


def in_words(findings: Sequence[Finding]) -> str:
    """The first findings, as sentences."""
    said = [f.message for f in findings[:5]]
    return " ".join(said) + (f" And {len(findings) - 5} more." if len(findings) > 5 else "")


def no_envelope(agreement: Agreement, error: InvalidEnvelope | ValueError) -> Unmappable:
    """Why the agreement's own values let nothing be written."""
    return Unmappable(
        f"The agreement '{agreement}' gives no envelope: {error}",
        remedy="Correct the identifiers, separators and characters of the agreement.",
    )
