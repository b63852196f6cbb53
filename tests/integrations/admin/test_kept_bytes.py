"""Kept bytes: masked for everybody, whole for those who say why, and that leaves a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from edi.viewing import HIDDEN, SegmentRow
from integrations.models import Payload
from integrations.services.content import SHOWN, show
from portal.audit.models import AuditEvent
from tests.integrations.admin.house import ORDER, PERSONAL, SECRETS, X12, House


def places(house: House) -> list[tuple[str, int, str, str]]:
    """Page and part of each kind of row that keeps bytes, with a value that is masked in it."""
    return [
        ("integrations_record", house.record.pk, "raw", PERSONAL[1]),
        ("integrations_delivery", house.delivered.pk, "frozen", PERSONAL[0]),
        ("integrations_exchange", house.exchange.pk, "request", PERSONAL[1]),
        ("edi_interchange", house.interchange.pk, "text", PERSONAL[0]),
    ]


def test_rule_21_bytes_are_masked_until_somebody_says_why(house: House, staff: Client) -> None:
    for name, pk, part, value in places(house):
        page = reverse(f"admin:{name}_change", args=[pk])
        assert value not in staff.get(page).content.decode(), name
        url = reverse(f"admin:{name}_reveal", args=[pk, part])
        assert staff.get(url).status_code == 405, name
        refused = staff.post(url, {"reason": "  "}, follow=True).content.decode()
        assert value not in refused, name
        assert "Say why you need to see it whole." in refused, name
    assert not AuditEvent.objects.filter(action__endswith=".revealed").exists()


def test_rule_21_showing_whole_leaves_a_trace_with_the_reason(house: House, staff: Client) -> None:
    for name, pk, part, value in places(house):
        answer = staff.post(reverse(f"admin:{name}_reveal", args=[pk, part]), {"reason": "the customer asks"})
        assert value in answer.content.decode(), name
        assert "no-store" in answer["Cache-Control"], name
        event = AuditEvent.objects.filter(action__endswith=".revealed").order_by("-id")[0]
        assert (event.actor, event.object_type, event.object_id) == (house.staff, name.split("_")[1], str(pk))
        assert event.details == {"part": part, "reason": "the customer asks"}
        assert value not in event.summary


def test_secrets_stay_masked_even_when_all_is_shown(house: House, staff: Client) -> None:
    url = reverse("admin:integrations_exchange_reveal", args=[house.exchange.pk, "response"])
    assert SECRETS[4] not in staff.post(url, {"reason": "looking"}).content.decode()


def test_a_part_that_is_not_kept_cannot_be_asked_for(house: House, staff: Client) -> None:
    url = reverse("admin:integrations_record_reveal", args=[house.record.pk, "frozen"])
    assert staff.post(url, {"reason": "x"}).status_code == 404


def test_pruned_bytes_are_said_to_be_pruned(house: House, staff: Client) -> None:
    Payload.objects.filter(pk=house.record.payload_id).update(data=None)
    page = reverse("admin:integrations_record_change", args=[house.record.pk])
    assert "Removed by retention." in staff.get(page).content.decode()


# --- What is shown


EDIFACT = (
    "UNA:+.? '\nUNB+UNOC:3+US:14+THEM:14+260504:0730+1'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220+500123+9'\n"
    "DTM+137:20260504:102'\nNAD+BY+123::92++Böna ?+ Ärta AB+Storgatan 1+Boden'\nCTA+IC+:Anna Lindqvist'\n"
    "COM+anna@kund.example:EM'\nUNS+S'\nUNT+8+1'\nUNZ+1+1'\n"
)


def rows_of(data: bytes) -> tuple[SegmentRow, ...]:
    found = show(data).view
    assert found is not None
    return found.rows


def test_x12_is_taken_apart_with_the_names_of_the_standard() -> None:
    shown = show(X12.encode())
    assert shown.kind == "x12"
    rows = rows_of(X12.encode())
    assert [s.tag for s in rows][:4] == ["ISA", "GS", "ST", "BEG"]
    beg = rows[3]
    assert (beg.depth, beg.name) == (3, "Beginning Segment for Purchase Order")
    assert [(e.name, e.value, e.meaning) for e in beg.elements][:2] == [
        ("Transaction Set Purpose Code", "00", "Original"),
        ("Purchase Order Type Code", "SA", "Stand-alone order"),
    ]
    assert beg.raw == "BEG*00*SA*500123**20261101~"
    isa = rows[0]
    assert ("Usage Indicator", "T", "Test") in [(e.name, e.value, e.meaning) for e in isa.elements]


def test_contacts_in_x12_are_masked_and_counted() -> None:
    shown = show(X12.encode())
    contact = next(s for s in rows_of(X12.encode()) if s.tag == "PER")
    assert contact.raw == f"PER*BD*{HIDDEN}*TE*{HIDDEN}*EM*{HIDDEN}~"
    assert [e.is_hidden for e in contact.elements] == [False, True, False, True, False, True]
    assert shown.masked == 3
    assert show(X12.encode(), everything=True).masked == 0


def test_faults_stand_at_their_segment() -> None:
    rows = rows_of(X12.replace("20261101", "20261399").encode())
    assert "BEG" in [s.tag for s in rows if s.has_error]


def test_edifact_is_taken_apart_and_masked_as_x12_is() -> None:
    rows = rows_of(EDIFACT.encode("latin-1"))
    nad = next(s for s in rows if s.tag == "NAD")
    assert nad.name == "Name and address"
    assert nad.raw == f"NAD+BY+123::92++Böna ?+ Ärta AB+{HIDDEN}+Boden'"
    assert [s.raw for s in rows if s.tag in ("CTA", "COM")] == [f"CTA+IC+{HIDDEN}'", f"COM+{HIDDEN}'"]
    shown = show(EDIFACT.encode("latin-1"))
    assert (shown.kind, shown.masked) == ("edifact", 3)
    whole = show(EDIFACT.encode("latin-1"), everything=True)
    assert whole.view is not None
    assert "COM+anna@kund.example:EM'" in [s.raw for s in whole.view.rows]


def test_what_is_wrong_with_something_hidden_does_not_say_what_it_is() -> None:
    street = "Anna Lindqvists vag 12 " * 3
    shown = show(EDIFACT.replace("Storgatan 1", street).encode("latin-1"))
    assert shown.view is not None
    nad = next(s for s in shown.view.rows if s.tag == "NAD")
    assert nad.has_error
    said = [f.message for f in (*shown.view.findings, *nad.all_findings)]
    assert not any("Anna" in message for message in said), said


def test_json_is_indented_and_masked_by_the_names_of_its_fields() -> None:
    shown = show(json.dumps({**ORDER, "password": "abc", "customer": {"name": "Kund AB", "number": "1"}}).encode())
    value = json.loads(shown.text)
    assert value["supplierContact"] == {"name": "***", "email": "***", "phone1": "***"}
    assert value["bankAccount"] == {"iban": "***"}
    assert value["password"] == "***"
    assert value["customer"] == {"name": "Kund AB", "number": "1"}, "a company is no person"
    assert value["lines"] == ORDER["lines"]
    assert shown.masked == 4


@pytest.mark.parametrize("data", [b"", b"\x00\xff\xfe", b"ISA", b"ISA*", b"{", b"<xml/>", "Åäö".encode("latin-1")])
def test_anything_can_be_shown(data: bytes) -> None:
    assert show(data).kind in ("empty", "text", "x12", "edifact")


def test_a_long_text_is_cut_and_says_so() -> None:
    shown = show(b"x" * (SHOWN + 1))
    assert shown.cut
    assert shown.size == SHOWN + 1


def test_a_file_inside_of_json_is_told_by_its_size() -> None:
    scan = "QUJD" * SHOWN
    shown = show(json.dumps({"attachments": [{"content": scan}], "number": "F-1"}).encode())
    assert (shown.kind, shown.cut) == ("json", False)
    assert "(a file of 1172 kB)" in shown.text
    assert "F-1" in shown.text


def test_mail_addresses_and_accounts_in_plain_text_are_masked() -> None:
    shown = show(f"write to {PERSONAL[0]} or pay {PERSONAL[1]}".encode())
    assert shown.text == "write to *** or pay ***"


NAMES = st.sampled_from(["iban", "bankAccount", "email", "phone", "postalCode", "swift", "firstName", "addressLine1"])
LEAVES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=8, max_size=20)


@given(
    NAMES, st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3))
)
def test_nothing_under_a_personal_name_is_shown(name: str, value: Any) -> None:
    shown = show(json.dumps({"order": {name: value}}).encode())

    def leaves(found: Any) -> list[str]:
        if isinstance(found, dict):
            return [leaf for inner in found.values() for leaf in leaves(inner)]
        if isinstance(found, list):
            return [leaf for inner in found for leaf in leaves(inner)]
        return [found]

    said = leaves(json.loads(shown.text))
    assert set(said) <= {"***"}
    assert shown.masked == len(leaves(value))


@given(st.binary(max_size=300))
def test_showing_never_fails(data: bytes) -> None:
    show(data)
