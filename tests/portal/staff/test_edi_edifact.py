"""The staff pages of agreements, interchanges and documents in EDIFACT."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from edi import services as edi
from edi.models import Agreement, Interchange, Stream, TransactionSet
from tests.edi.messages import content, one, written
from tests.integrations.admin.house import House
from tests.portal.staff.test_edi import agreement

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
EDIFACT: dict[str, Any] = {
    "standard": "EDIFACT",
    "sender_qualifier": "14",
    "sender_id": "7350099123405",
    "receiver_qualifier": "14",
    "receiver_id": "5790000000012",
    "group_sender_id": "",
    "group_receiver_id": "",
    "guide": "{}",
}


@pytest.fixture
def agreed(house: House) -> Agreement:
    row = house.agreement
    for name, value in {**EDIFACT, "guide": {}, "stream": Stream.LIVE, "settings": {}}.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    return row


def test_an_agreement_is_set_to_edifact(house: House, root: Client) -> None:
    page = reverse("admin:edi_agreement_change", args=[house.agreement.pk])
    orderful = root.post(page, agreement(house, **EDIFACT)).content.decode()
    assert "Orderful carries X12 alone: the standard cannot be EDIFACT" in orderful
    over_cleo = {**EDIFACT, "network": house.cleo.network_id}
    wrong = root.post(page, agreement(house, **over_cleo, document_type="865")).content.decode()
    assert "Agree on 855" in wrong
    wrong = root.post(page, agreement(house, **over_cleo, payload="json")).content.decode()
    assert "The JSON rendering is one of X12 sets" in wrong
    wrong = root.post(page, agreement(house, **{**over_cleo, "sender_qualifier": "ACME"})).content.decode()
    assert "ACME is no qualifier (UNB 0007)" in wrong
    assert root.post(page, agreement(house, **over_cleo)).status_code == 302
    house.agreement.refresh_from_db()
    assert (house.agreement.standard, house.agreement.set_id) == ("EDIFACT", "ORDERS")
    listed = root.get(reverse("admin:edi_agreement_changelist")).content.decode()
    assert "EDIFACT: ORDERS" in listed
    partner = root.get(reverse("admin:edi_tradingpartner_change", args=[house.partner.pk])).content.decode()
    assert "14:7350099123405 → 14:5790000000012" in partner


def test_what_was_sent_is_shown_segment_by_segment_and_as_people_read_it(agreed: Agreement, staff: Client) -> None:
    with transaction.atomic():
        numbers = edi.take_control_numbers(agreed)
        body = written(
            [("ORDERS", content("ORDERS"))], number="000000001", sender="7350099123405", receiver="5790000000012"
        )
        sent = edi.store_sent(
            agreed, body=body, numbers=numbers, set_id="ORDERS", purpose="original", business_number="500001", now=NOW
        )
    text = staff.get(reverse("admin:edi_interchange_change", args=[sent.interchange_id])).content.decode()
    assert "Control number (UNB 0020)" in text
    assert "EDIFACT (D.96A)" in text
    assert "Name and address" in text
    assert "masked" in text
    row = reverse("admin:edi_transactionset_change", args=[sent.pk])
    assert "ORDERS 500001" in staff.get(row).content.decode()
    read = staff.post(reverse("admin:edi_transactionset_read", args=[sent.pk]), {"reason": "a question"})
    assert "500001" in read.content.decode()
    found = staff.get(reverse("admin:edi_interchange_changelist"), {"q": "1"}).context["cl"].result_list
    assert sent.interchange in list(found)


def test_what_came_is_shown_with_its_answer(house: House, agreed: Agreement, staff: Client) -> None:
    agreed.direction, agreed.document_type = "in", "856"
    agreed.sender_id, agreed.receiver_id = agreed.receiver_id, agreed.sender_id
    agreed.save()
    data = one("DESADV", number="REF17A").replace(b"LEVERANTOR", b"5790000000012").replace(b"NORDBOD", b"7350099123405")
    received = edi.receive(agreed.network, data, now=NOW, source_name="in/a.edi")
    (answer,) = edi.acknowledge(received, now=NOW).answers
    row = TransactionSet.objects.get(set_id="DESADV")
    text = staff.get(reverse("admin:edi_transactionset_change", args=[row.pk])).content.decode()
    assert "DESADV SHP-1" in text
    came = Interchange.objects.get(reference="REF17A")
    text = staff.get(reverse("admin:edi_interchange_change", args=[came.pk])).content.decode()
    assert reverse("admin:edi_transactionset_change", args=[answer.row.pk]) in text
