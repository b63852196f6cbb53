"""Trading partners, and checking any text."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from edi.models import Agreement, Interchange, PartnerNumber, ReceivedFile, TradingPartner
from integrations.models import Operation, State
from integrations.services import unmapped
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import X12, House

WRONG = X12.replace("BEG*00*SA*500123", "BEG*99*SA*500123")
EDIFACT = (
    "UNA:+.? 'UNB+UNOC:3+A:14+B:14+261120:0800+1'UNH+1+ORDERS:D:96A:UN'BGM+220+4711+9'DTM+137:20261120:102'"
    "UNT+4+1'UNZ+1+1'"
)


@pytest.fixture
def url(house: House) -> str:
    return reverse("customer:check", args=[house.tenant.slug])


def test_a_pasted_text_is_checked_and_each_fault_stands_at_its_segment(viewer: Client, url: str) -> None:
    text = viewer.post(url, {"text": WRONG}).content.decode()
    assert "not correct" in text
    row = next(part for part in text.split("<tr") if "<b>BEG</b>" in part)
    assert "faulty" in row
    assert "finding" in row
    assert "x12-json-1" in text


def test_an_uploaded_file_is_checked(viewer: Client, url: str) -> None:
    answer = viewer.post(url, {"file": SimpleUploadedFile("order.edi", EDIFACT.encode())})
    assert "ORDERS" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"


def test_nothing_to_check_is_said(viewer: Client, url: str) -> None:
    assert "nothing to check" in viewer.post(url, {"text": ""}).content.decode()


def test_nothing_of_a_checked_text_is_kept(house: House, viewer: Client, url: str) -> None:
    before = (Interchange.objects.count(), ReceivedFile.objects.count())
    viewer.post(url, {"text": X12})
    assert (Interchange.objects.count(), ReceivedFile.objects.count()) == before


def test_an_operator_switches_a_partner_live_with_a_reason(house: House, operator: Client) -> None:
    where = reverse("customer:partner_stream", args=[house.tenant.slug, house.partner.pk])
    operator.post(where, {"what": "off", "reason": " "})
    assert Agreement.objects.get(pk=house.agreement.pk).active
    operator.post(where, {"what": "off", "reason": "they move"})
    assert not Agreement.objects.get(pk=house.agreement.pk).active
    operator.post(where, {"what": "on", "reason": "they have moved"})
    assert Agreement.objects.get(pk=house.agreement.pk).active


def test_a_partner_whose_acknowledgment_is_late_stands_out(house: House, viewer: Client) -> None:
    answer = viewer.get(reverse("customer:partners", args=[house.tenant.slug]))
    assert [late for _, _, late in answer.context["rows"]] == [1]


def test_who_is_not_linked_is_listed_and_an_operator_links_them(house: House, operator: Client, viewer: Client) -> None:
    where = reverse("customer:unmapped", args=[house.tenant.slug])
    assert "every trading partner has a number" in viewer.get(where).content.decode()
    PartnerNumber.objects.all().delete()
    text = viewer.get(where).content.decode()
    assert "Bergström &amp; Åkesson AB" in text
    link = reverse("customer:partner_link", args=[house.tenant.slug, house.partner.pk])
    assert link not in text, "a viewer looks"
    assert link in operator.get(where).content.decode()
    ((company, _),) = unmapped.companies(house.tenant)
    operator.post(link, {"company": company, "entity": "supplier", "number": "50001"})
    made = PartnerNumber.objects.get()
    assert (made.partner, made.company, made.number) == (house.partner, company, "50001")
    assert AuditEvent.objects.get(action="trading_partner.linked").actor is not None
    assert "every trading partner has a number" in viewer.get(where).content.decode()


def test_files_of_which_something_could_not_be_processed_have_a_list(house: House, viewer: Client) -> None:
    assert house.orderful.network is not None
    now = timezone.now()
    for name, problems in (("good.edi", None), ("page.edi", ["page.edi is no interchange."])):
        ReceivedFile.objects.create(
            tenant=house.tenant, network=house.orderful.network, name=name, sha256=name, size=1, problems=problems,
            received_at=now, last_received_at=now,
        )  # fmt: skip
    where = reverse("customer:received", args=[house.tenant.slug])
    every, bad = viewer.get(where).content.decode(), viewer.get(where, {"bad": "1"}).content.decode()
    assert "good.edi" in every
    assert "good.edi" not in bad
    assert "page.edi is no interchange." in bad


def test_an_operator_adds_a_trading_partner_with_test_agreements(house: House, operator: Client) -> None:
    url = reverse("customer:partner_new", args=[house.tenant.slug])
    form = {
        "name": "Nya Leverantören AB",
        "books": "1000044",
        "entity": "supplier",
        "number": "50777",
        "network": str(house.cleo.network_id),
        "ours": "ZZ:BRUKET",
        "theirs": "14:7300009000001",
        "sent": ["850", "810"],
        "come": ["855"],
        "folder": "/NYA/upload/",
    }
    taken = operator.post(url, {**form, "number": "50001"})
    assert "belongs to Bergström" in taken.content.decode()
    assert operator.post(url, form).status_code == 302
    row = TradingPartner.objects.get(name="Nya Leverantören AB")
    made = {(a.document_type, a.direction, a.stream, a.sender, a.receiver) for a in row.agreements.all()}
    assert made == {
        ("850", "out", "test", "ZZ:BRUKET", "14:7300009000001"),
        ("810", "out", "test", "ZZ:BRUKET", "14:7300009000001"),
        ("855", "in", "test", "14:7300009000001", "ZZ:BRUKET"),
    }
    assert row.agreements.get(document_type="850").settings == {"folder": "/NYA/upload/850"}
    assert AuditEvent.objects.filter(action="trading_partner.added", actor__username="operator").exists()


def test_what_was_not_sent_before_there_was_an_agreement_is_offered_to_operators(
    house: House, operator: Client, viewer: Client
) -> None:
    agreed = house.agreement
    known = PartnerNumber.objects.filter(partner=house.partner).first()
    assert known is not None
    house.visma.settings = {**house.visma.settings, "company_id": known.company}
    house.visma.save()
    meta = {
        "entity": known.entity, "number": known.number, "name": "Bolaget", "document_type": agreed.document_type,
        "stream": agreed.stream, "network": agreed.network.key,
    }  # fmt: skip
    row = house.delivery("500999", State.NO_EFFECT, error_class="unmapped", frozen_meta=meta)
    page = reverse("customer:partner", args=[house.tenant.slug, house.partner.pk])
    where = reverse("customer:partner_act", args=[house.tenant.slug, house.partner.pk, "send-unagreed"])
    assert "1 document since" in viewer.get(page).content.decode()
    assert where not in viewer.get(page).content.decode()
    assert where in operator.get(page).content.decode()
    assert "before anything was agreed" in operator.get(where).content.decode()
    assert operator.post(where, {"reason": "agreed today"}).status_code == 302
    made = Operation.objects.get(kind=Operation.Kind.SEND_UNSENT)
    assert (made.state, made.selection["source_ids"]) == (Operation.State.RUNNING, [row.record.source_id])
