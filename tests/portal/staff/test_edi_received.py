"""What came in, and what people do about it: files, held documents, numbers, streams, links, and checking a text."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from edi import services as edi
from edi.models import Acknowledgment, Agreement, ControlNumber, PartnerNumber, ReceivedFile, TransactionSet
from integrations.engine import issues
from integrations.models import Feed, Issue, Record, State
from integrations.services import unmapped
from portal.audit.models import AuditEvent
from tests.edi.interchanges import content, one, written
from tests.integrations.admin.house import House

US, THEM = "BRUKET", "BERGSTROM"


def agree(house: House, document: str, **changes: Any) -> Agreement:
    assert house.cleo.network is not None
    values: dict[str, Any] = {
        "tenant": house.tenant,
        "partner": house.partner,
        "network": house.cleo.network,
        "document_type": document,
        "direction": "in",
        "stream": "live",
        "sender_id": THEM,
        "receiver_id": US,
        **changes,
    }
    return Agreement.objects.create(**values)


def receive(house: House, data: bytes, *, name: str = "in/notice.edi") -> edi.Received:
    assert house.cleo.network is not None
    received = edi.receive(house.cleo.network, data, now=timezone.now(), source_name=name)
    for problem in received.problems:
        issues.for_received(problem, about=problem.row or problem.interchange or received.file, now=timezone.now())
    return received


def notice(**changes: Any) -> bytes:
    """A ship notice of the house's trading partner."""
    isa = changes.pop("isa", 1)
    return written([("856", content("856", **changes))], isa=isa, group=isa, sender=THEM, receiver=US)


def text_of(client: Client, name: str, *args: Any, **query: Any) -> str:
    return client.get(reverse(f"admin:{name}", args=args), query).content.decode()


def test_what_could_not_be_processed_is_a_list_with_the_bytes(house: House, staff: Client) -> None:
    agree(house, "856")
    receive(house, notice())
    strange = receive(house, b"<html>no X12</html>", name="in/page.html").file
    listed = text_of(staff, "edi_receivedfile_changelist", processed="no")
    assert "in/page.html" in listed
    assert "in/notice.edi" not in listed
    page = text_of(staff, "edi_receivedfile_change", strange.pk)
    assert "not processed" in page
    assert "The file was kept and not processed" in page
    again = receive(house, b"<html>no X12</html>", name="in/page.html").file
    assert again.times == 2
    assert "in/page.html" in text_of(staff, "edi_receivedfile_changelist", processed="again")


def test_what_was_held_is_received_again_with_a_reason(house: House, staff: Client) -> None:
    (received,) = receive(house, notice()).interchanges
    row = TransactionSet.objects.get(interchange=received.row)
    assert row.intake == "unagreed"
    assert "held" in text_of(staff, "edi_transactionset_changelist", intake="not_taken")
    assert Issue.objects.filter(status="open", error_class="unagreed").count() == 1
    url = reverse("admin:edi_interchange_act", args=["receive"]) + f"?ids={received.row.pk}"
    assert "Receive again" in text_of(staff, "edi_interchange_change", received.row.pk)
    assert "held: nothing is agreed" in staff.get(url).content.decode()
    agree(house, "856")
    assert staff.post(url, {"reason": ""}).status_code == 200
    assert staff.post(url, {"reason": "Agreed with them today."}).status_code == 302
    row.refresh_from_db()
    assert row.intake == "taken"
    assert not Issue.objects.filter(status="open", error_class="unagreed").exists()
    line = AuditEvent.objects.get(action="interchange.received_again")
    assert (line.actor, line.details["reason"]) == (house.staff, "Agreed with them today.")


def test_what_is_still_not_agreed_keeps_its_issue(house: House, staff: Client) -> None:
    (received,) = receive(house, notice()).interchanges
    url = reverse("admin:edi_interchange_act", args=["receive"]) + f"?ids={received.row.pk}"
    answer = staff.post(url, {"reason": "I hope."}, follow=True).content.decode()
    assert "0 taken" in answer
    assert Issue.objects.filter(status="open", error_class="unagreed").count() == 1


def test_statements_are_listed_with_what_came_of_them(house: House, staff: Client) -> None:
    edi.note_verdict(house.sent, verdict="rejected", sentences=["They do not know the item."], now=timezone.now())
    statement = Acknowledgment.objects.get()
    assert "500124" in text_of(staff, "edi_acknowledgment_changelist", q="500124")
    assert "They do not know the item." in text_of(staff, "edi_acknowledgment_change", statement.pk)
    assert "noted, after its deadline" in text_of(staff, "edi_transactionset_change", house.sent.pk)


def test_the_next_number_is_set_by_superusers_who_say_why(house: House, staff: Client, root: Client) -> None:
    counter = ControlNumber.objects.get(kind="interchange", direction="out")
    url = reverse("admin:edi_controlnumber_act", args=["set-next"]) + f"?ids={counter.pk}"
    assert staff.get(url).status_code == 404
    refused = root.post(url, {"number": 1, "reason": "Because."}).content.decode()
    assert "was used already" in refused
    assert root.post(url, {"number": 5000, "reason": "The old system stopped at 4999."}).status_code == 302
    counter.refresh_from_db()
    assert counter.last == 4999
    assert AuditEvent.objects.filter(action="control_number.set", actor=house.root).exists()


def test_gaps_and_numbers_that_came_twice_are_shown(house: House, staff: Client) -> None:
    agree(house, "856")
    receive(house, notice(isa=1))
    receive(house, notice(isa=4), name="in/4.edi")
    receive(house, notice(isa=4, number="OTHER"), name="in/4b.edi")
    counter = ControlNumber.objects.get(direction="in", kind="interchange", network=house.cleo.network)
    page = text_of(staff, "edi_controlnumber_change", counter.pk)
    assert "000000002 – 000000003" in page
    assert "2 different contents" in page
    assert "1 gaps that nothing explains and 1 numbers with more than one content" in page
    assert "1 unexplained" in text_of(staff, "edi_tradingpartner_change", house.partner.pk)


def test_the_page_of_a_partner_shows_how_things_stand(house: House, staff: Client) -> None:
    page = text_of(staff, "edi_tradingpartner_change", house.partner.pk)
    assert "documents are not acknowledged in time" in page
    assert "What is exchanged" in page
    assert "overdue" in page


def test_live_is_prepared_then_switched_on(house: House, root: Client) -> None:
    agree(house, "856", stream="test")

    def act(name: str) -> int:
        url = reverse("admin:edi_tradingpartner_act", args=[name]) + f"?ids={house.partner.pk}"
        return root.post(url, {"reason": "The tests are done."}).status_code

    assert act("prepare-live") == 302
    made = Agreement.objects.get(document_type="856", stream="live")
    assert (made.active, made.sender_id) == (False, THEM)
    assert act("live-on") == 302
    made.refresh_from_db()
    assert made.active
    assert act("live-off") == 302
    assert not Agreement.objects.filter(partner=house.partner, stream="live", active=True).exists()
    actions = set(AuditEvent.objects.filter(actor=house.root).values_list("action", flat=True))
    assert {"trading_partner.prepared", "trading_partner.live_on", "trading_partner.live_off"} <= actions


def test_a_guide_is_shown_as_differences(house: House, root: Client) -> None:
    agreement = agree(
        house,
        "810",
        guide={
            "segments": [{"path": "REF", "required": True}],
            "elements": [{"path": "N1/N103", "codes": ["92"]}],
        },
    )
    page = text_of(root, "edi_agreement_change", agreement.pk)
    assert "must be there" in page
    assert "only 92" in page


def test_a_partner_is_linked_with_the_books(house: House, staff: Client, root: Client) -> None:
    PartnerNumber.objects.filter(partner=house.partner).delete()
    assert escape(house.partner.name) in text_of(staff, "edi_unmapped")
    url = reverse("admin:edi_link", args=[house.partner.pk])
    assert staff.get(url).status_code == 404
    (company, _), *_ = unmapped.companies(house.tenant)
    data = {"company": company, "entity": "supplier", "number": "50009"}
    assert root.post(url, data).status_code == 302
    made = PartnerNumber.objects.get(number="50009")
    assert (made.partner, made.tenant) == (house.partner, house.tenant)
    assert AuditEvent.objects.filter(action="trading_partner.linked", actor=house.root).exists()
    other = house.partner.__class__.objects.create(tenant=house.tenant, key="other", name="Other AB")
    refused = root.post(reverse("admin:edi_link", args=[other.pk]), data).content.decode()
    assert escape(f"is {house.partner} already") in refused


def test_the_picker_offers_what_the_books_named(house: House, root: Client) -> None:
    feed = Feed.objects.create(tenant=house.tenant, connection=house.visma, key="suppliers")
    raw = json.dumps({"number": "50077", "name": "Sågverket AB"}).encode()
    payload = house.record.payload.__class__.objects.create(
        tenant=house.tenant, sha256="7" * 64, size=len(raw), data=raw, created_at=timezone.now()
    )
    Record.objects.create(
        tenant=house.tenant,
        feed=feed,
        source_id="50077",
        business_number="50077",
        fingerprint="f",
        payload=payload,
        captured_at=timezone.now(),
    )
    page = text_of(root, "edi_link", house.partner.pk)
    assert '<option value="50077">Sågverket AB (supplier' in page


def test_strangers_and_documents_that_went_nowhere_are_listed(house: House, staff: Client) -> None:
    receive(house, one("856"))
    who = {"entity": "supplier", "number": "50003", "name": "Bolaget", "document_type": "850", "stream": "test"}
    meta = {**who, "network": "cleo"}
    house.delivery("500999", State.NO_EFFECT, error_class="unmapped", frozen_meta=meta)
    page = text_of(staff, "edi_unmapped")
    assert "LEVERANTOR" in page
    assert "supplier 50003" in page
    assert "1 × 850" in page


# --- Checking a text


def test_a_correct_text_is_shown_and_read(staff: Client) -> None:
    answer = staff.post(reverse("admin:edi_check"), {"text": one("850").decode()})
    page = answer.content.decode()
    assert "Correct" in page
    assert "Purchase order" in page
    assert "Beginning Segment for Purchase Order" in page
    assert "x12-json-1" in page
    assert "no-store" in answer["Cache-Control"]
    assert ReceivedFile.objects.count() == 0


def test_what_is_wrong_is_said_at_its_place(staff: Client) -> None:
    broken = one("850").decode().replace("BEG*00*", "BEG*XX*")
    page = staff.post(reverse("admin:edi_check"), {"text": broken}).content.decode()
    assert "not correct" in page
    assert "BEG01" in page
    assert "faulty" in page


def test_a_file_is_checked_as_it_is(staff: Client) -> None:
    file = SimpleUploadedFile("order.edi", one("850"))
    assert "Correct" in staff.post(reverse("admin:edi_check"), {"file": file}).content.decode()


@pytest.mark.parametrize(("text", "says"), [("", "nothing to check"), ("hello", "no X12")])
def test_what_is_no_text_is_told(staff: Client, text: str, says: str) -> None:
    assert says in staff.post(reverse("admin:edi_check"), {"text": text}).content.decode()


def test_a_text_is_checked_by_a_guide(house: House, staff: Client) -> None:
    agreement = agree(house, "850", guide={"segments": [{"path": "FOB", "required": True}]})
    data = {"text": one("850").decode(), "agreement": agreement.pk}
    page = staff.post(reverse("admin:edi_check"), data).content.decode()
    assert "FOB" in page
    assert "not correct" in page


def test_a_document_is_read_on_its_page_by_those_who_say_why(house: House, staff: Client) -> None:
    agree(house, "856")
    (received,) = receive(house, notice()).interchanges
    row = TransactionSet.objects.get(interchange=received.row)
    url = reverse("admin:edi_transactionset_read", args=[row.pk])
    assert "Say what you need" in staff.post(url, {"reason": " "}, follow=True).content.decode()
    page = staff.post(url, {"reason": "The warehouse asks."}).content.decode()
    assert "Ship notice" in page
    assert AuditEvent.objects.filter(action="transactionset.revealed", actor=house.staff).exists()


def test_nothing_of_it_is_for_customers(house: House) -> None:
    client = Client()
    client.force_login(house.customer)
    for name in ("edi_check", "edi_unmapped", "edi_receivedfile_changelist", "edi_acknowledgment_changelist"):
        assert client.get(reverse(f"admin:{name}")).status_code in (302, 403)


def test_a_large_text_is_refused(staff: Client) -> None:
    file = SimpleUploadedFile("large.edi", b"ISA" + b"*" * edi.MOST_BYTES)
    assert "edi validate" in staff.post(reverse("admin:edi_check"), {"file": file}).content.decode()


def test_the_queries_do_not_grow_with_what_was_exchanged(
    house: House, staff: Client, django_assert_max_num_queries: Any
) -> None:
    agree(house, "856")
    for number in range(1, 6):
        receive(house, notice(isa=number, number=f"S-{number}"), name=f"in/{number}.edi")
    with django_assert_max_num_queries(40):
        text_of(staff, "edi_tradingpartner_change", house.partner.pk)
