"""A stored document on paper: found in its interchange, read, printed."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
from pypdf import PdfReader

from edi import services as edi
from edi.documents import rendering
from edi.models import Agreement, Interchange, Network, TransactionSet
from edi.services.printing import NotReadable, document_as_pdf, file_name, readable_document
from tests.edi.interchanges import content, functional, one, written

Agree = Callable[..., Agreement]


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_each_set_of_an_interchange_is_its_own_document(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("810")
    sets = [("810", content("810")), ("810", content("810", number="F/2"))]
    edi.receive(network, written(sets), now=now, source_name="in.x12")
    first, second = TransactionSet.objects.order_by("position")
    assert text_of(document_as_pdf(first, now=now)).startswith("Invoice F-1\n")
    assert text_of(document_as_pdf(second, now=now)).startswith("Invoice F/2\n")
    assert (file_name(first), file_name(second)) == ("810-F-1.pdf", "810-F-2.pdf")


def test_a_message_of_a_network_is_read_too(network: Network, agree: Agree, now: dt.datetime) -> None:
    agreement = agree("850")
    body = rendering.as_json(content("850"), set_id="850", control_number="0001", version="004010")
    known = {"set_id": "850", "purpose": "original", "business_number": "500001"}
    sent = edi.store_sent(agreement, body=body, numbers=None, now=now, **known)
    assert readable_document(sent).number == "500001"


def test_what_cannot_be_printed_says_why(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("856")
    edi.receive(network, one("856"), now=now, source_name="in.x12")
    row = TransactionSet.objects.get()
    row.set_id = "810"
    with pytest.raises(NotReadable, match="cannot be read as invoice"):
        readable_document(row)
    Interchange.objects.update(text=None)
    with pytest.raises(NotReadable, match="removed by retention"):
        readable_document(TransactionSet.objects.get())


def test_an_acknowledgment_is_no_document(network: Network, agree: Agree, now: dt.datetime) -> None:
    agree("850")
    edi.receive(network, written([functional(1)]), now=now, source_name="in.x12")
    with pytest.raises(NotReadable, match="A 997 is no order"):
        readable_document(TransactionSet.objects.get(set_id="997"))
