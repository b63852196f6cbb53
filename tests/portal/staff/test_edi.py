"""EDI: trading partners, agreements, interchanges with their segments named, acknowledgments."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from edi.models import Agreement, Network, PartnerNumber, TradingPartner, TransactionSet
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import House


def numbers(**first: Any) -> dict[str, Any]:
    """The formset of the numbers in the books, with one new row when `first` is given."""
    rows = {f"numbers-0-{k}": v for k, v in first.items()}
    return {"numbers-TOTAL_FORMS": 1 if first else 0, "numbers-INITIAL_FORMS": 0, **rows}


def agreement(house: House, **changes: Any) -> dict[str, Any]:
    values = {
        f.name: getattr(house.agreement, f.name)
        for f in Agreement._meta.fields
        if f.editable and f.name not in ("id", "tenant", "partner", "network", "settings")
    }
    values |= {"network": house.agreement.network_id, "settings": "{}", **changes}
    return {k: v for k, v in values.items() if v not in (False, None)}


def test_a_trading_partner_gets_its_numbers_and_the_tenant_of_its_page(house: House, root: Client) -> None:
    data = {"tenant": house.tenant.pk, "key": "hansen", "name": "Hansen & Sønn AS", "note": ""}
    data |= numbers(company="1000044", entity="supplier", number="50002")
    assert root.post(reverse("admin:edi_tradingpartner_add"), data).status_code == 302
    number = PartnerNumber.objects.get(number="50002")
    assert number.tenant == house.tenant
    actions = set(AuditEvent.objects.filter(actor=house.root).values_list("action", flat=True))
    assert {"tradingpartner.created", "partnernumber.created"} <= actions


def test_an_agreement_is_made_on_the_page_of_its_partner(house: House, root: Client) -> None:
    add = reverse("admin:edi_agreement_add")
    assert root.get(add).status_code == 302, "for whom?"
    data = agreement(house, document_type="810")
    assert root.post(f"{add}?partner={house.partner.pk}", data).status_code == 302
    made = Agreement.objects.get(document_type="810")
    assert (made.partner, made.tenant) == (house.partner, house.tenant)
    assert AuditEvent.objects.filter(action="agreement.created", actor=house.root).exists()


def test_a_document_says_over_which_network_and_in_which_format_it_went(house: House, staff: Client) -> None:
    Agreement.objects.update(transport="VAN", partner_format="EDIFACT")
    house.failed.transaction_set = house.sent
    house.failed.save(update_fields=["transaction_set"])
    way = f"{house.interchange.network}, by VAN, in EDIFACT"
    pages = {"edi_transactionset": house.sent.pk, "integrations_delivery": house.failed.pk}
    for name, pk in pages.items():
        assert way in staff.get(reverse(f"admin:{name}_change", args=[pk])).content.decode(), name


def test_only_networks_of_the_same_tenant_can_be_chosen(house: House, root: Client) -> None:
    foreign = Network.objects.create(tenant=house.other, key="orderful", name="Foreign network")
    page = reverse("admin:edi_agreement_change", args=[house.agreement.pk])
    assert "Foreign network" not in root.get(page).content.decode()
    answer = root.post(page, agreement(house, network=foreign.pk))
    assert answer.status_code == 200
    assert "network" in answer.context["adminform"].form.errors


def test_one_document_over_two_networks_is_refused_in_words(house: House, root: Client) -> None:
    assert house.cleo.network is not None
    add = f"{reverse('admin:edi_agreement_add')}?partner={house.partner.pk}"
    text = root.post(add, agreement(house, network=house.cleo.network_id)).content.decode()
    assert "goes to Bergström &amp; Åkesson AB over Orderful already" in text
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize("change", [{"element_separator": "A"}, {"segment_terminator": "*"}])
def test_separators_that_cannot_separate_are_refused(house: House, root: Client, change: dict[str, str]) -> None:
    page = reverse("admin:edi_agreement_change", args=[house.agreement.pk])
    assert "must differ" in root.post(page, agreement(house, **change)).content.decode()


def test_staff_look_at_agreements_and_do_not_change_them(house: House, staff: Client) -> None:
    page = reverse("admin:edi_agreement_change", args=[house.agreement.pk])
    assert staff.get(page).status_code == 200
    assert staff.post(page, agreement(house, stream="test")).status_code == 403


def test_partners_are_found_by_their_number_in_the_books(house: House, staff: Client) -> None:
    PartnerNumber.objects.create(
        tenant=house.tenant, partner=house.partner, company="2", entity="supplier", number="50001"
    )
    found = staff.get(reverse("admin:edi_tradingpartner_changelist"), {"q": "50001"}).context["cl"]
    assert list(found.result_list) == [house.partner], "once, however many numbers match"


# --- What was exchanged


def test_an_interchange_is_read_segment_by_segment(house: House, staff: Client) -> None:
    text = staff.get(reverse("admin:edi_interchange_change", args=[house.interchange.pk])).content.decode()
    assert "Beginning Segment for Purchase Order" in text
    assert "Purchase Order Number" in text
    assert reverse("admin:integrations_delivery_change", args=[house.delivered.pk]) in text
    assert "data-copy" in text


@pytest.mark.parametrize(("term", "found"), [("412", True), ("500124", True), ("413", False), ("50012", False)])
def test_interchanges_are_found_by_control_number_and_business_number(
    house: House, staff: Client, term: str, found: bool
) -> None:
    rows = staff.get(reverse("admin:edi_interchange_changelist"), {"q": term}).context["cl"].result_list
    assert [r.pk for r in rows] == ([house.interchange.pk] if found else [])


def test_an_acknowledgment_that_is_late_is_overdue(house: House, staff: Client) -> None:
    url = reverse("admin:edi_transactionset_changelist")
    assert "overdue" in staff.get(url, {"acknowledged": "overdue"}).content.decode()
    assert staff.get(url, {"acknowledged": "overdue"}).context["cl"].result_count == 1
    TransactionSet.objects.update(acknowledged="accepted")
    assert staff.get(url, {"acknowledged": "overdue"}).context["cl"].result_count == 0


def test_partners_of_other_tenants_are_not_mixed_in(house: House, staff: Client) -> None:
    TradingPartner.objects.create(tenant=house.other, key="bergstrom", name="Bergström of the neighbour")
    rows = (
        staff.get(reverse("admin:edi_tradingpartner_changelist"), {"tenant": house.tenant.pk}).context["cl"].result_list
    )
    assert list(rows) == [house.partner]


def test_a_document_is_downloaded_as_pdf_by_those_who_say_why(house: House, staff: Client) -> None:
    row = TransactionSet.objects.get(business_number="500124")
    assert "Download PDF" in staff.get(reverse("admin:edi_transactionset_change", args=[row.pk])).content.decode()
    url = reverse("admin:edi_transactionset_pdf", args=[row.pk])
    assert staff.get(url).status_code == 405
    refused = staff.post(url, {"reason": " "}, follow=True).content.decode()
    assert "Say what you need the document for." in refused
    answer = staff.post(url, {"reason": "the warehouse asks"})
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="850-500124.pdf"'
    assert answer.content.startswith(b"%PDF-")
    event = AuditEvent.objects.get(action="transactionset.downloaded")
    assert (event.actor, event.object_id) == (house.staff, str(row.pk))
    assert event.details == {"reason": "the warehouse asks"}
    row.interchange.text = None
    row.interchange.save(update_fields=["text"])
    gone = staff.post(url, {"reason": "once more"}, follow=True).content.decode()
    assert "was removed by retention" in gone
    assert AuditEvent.objects.filter(action="transactionset.downloaded").count() == 1
