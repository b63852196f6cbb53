"""What an agreement says, and what it may not say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from edi import services as edi
from edi.models import Agreement, Network, PartnerNumber, TradingPartner
from edi.x12.validate import validate
from portal.tenants.models import Tenant
from tests.edi.conftest import THEM, US
from tests.edi.interchanges import one

Agree = Callable[..., Agreement]


def test_the_agreement_of_a_supplier_is_found_by_his_number(
    agree: Agree, network: Network, partner: TradingPartner
) -> None:
    agreement = agree("850")
    PartnerNumber.objects.create(
        tenant=network.tenant, partner=partner, company="1001", entity="supplier", number="50001"
    )

    def find(**changes: str) -> Agreement | None:
        wanted = {
            "company": "1001",
            "entity": "supplier",
            "number": "50001",
            "document_type": "850",
            "direction": "out",
            "stream": "live",
            **changes,
        }
        return edi.agreement_for(network=network, **wanted)

    assert find() == agreement
    for change in ({"number": "50002"}, {"company": "1002"}, {"stream": "test"}, {"document_type": "810"}):
        assert find(**change) is None


def test_an_envelope_is_as_agreed(agree: Agree) -> None:
    agreement = agree(
        "850",
        version="005010",
        requests_ta1=True,
        repetition_separator="!",
        element_separator="|",
        group_receiver_id="LEV-GS",
        settings={"letters": {"Å": "AA"}},
    )
    spec = edi.envelope_of(agreement)
    isa = spec.isa(control_number=5, written_at=dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC))
    assert (isa[6].strip(), isa[8].strip(), isa[11], isa[12], isa[14], isa[15]) == (US, THEM, "!", "00501", "1", "P")
    assert (spec.separators.element, spec.group_receiver, spec.charset.overrides) == ("|", "LEV-GS", {"Å": "AA"})


def test_there_is_no_repetition_separator_before_005010(agree: Agree) -> None:
    assert edi.envelope_of(agree("850", repetition_separator="*")).separators.repetition == ""


def test_no_guide_is_the_standard(agree: Agree) -> None:
    assert edi.guide_of(agree("856")) is None


def test_a_guide_is_laid_over_the_standard(agree: Agree) -> None:
    guide = edi.guide_of(agree("856", guide={"elements": [{"path": "BSN05", "codes": ["0001"]}]}))
    assert guide is not None
    assert (guide.set_id, guide.version) == ("856", "004010")
    assert edi.guide_of(agree("810", guide={"version": "005010"})).version == "005010"
    found = [finding for finding in validate(one("856").decode(), guide=guide).findings if finding.is_error]
    assert [(f.segment, f.element) for f in found] == [("BSN", 5)]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"component_separator": "*"}, "element_separator", "must differ"),
        ({"segment_terminator": "A"}, "element_separator", "neither letters"),
        ({"version": "005010", "repetition_separator": "~"}, "element_separator", "must differ"),
        ({"version": "4010"}, "version", "no version"),
        ({"sender_qualifier": "Z"}, "sender_id", "ISA05"),
        ({"group_sender_id": "A"}, "sender_id", "GS02"),
        ({"receiver_id": US}, "receiver_id", "the same"),
        ({"guide": {"segment": []}}, "__all__", "segment"),
        ({"guide": {"segments": [{"path": "REF", "requird": True}]}}, "__all__", "requird"),
        ({"guide": {"segments": [{"path": "XYZ", "required": True}]}}, "__all__", "no such segment"),
        ({"guide": {"elements": [{"path": "BEG01", "codes": "00"}]}}, "__all__", "no guide"),
        ({"guide": {"elements": [{"path": "BEG01", "codes": ["ZZZ"]}]}}, "__all__", "no code"),
        ({"guide": ["REF"]}, "__all__", "object"),
        ({"settings": ["folder"]}, "settings", "object"),
        ({"settings": {"acknowledgment": {"errors": "ignore"}}}, "settings", "ignore"),
        ({"settings": {"acknowledgment": {"partail": True}}}, "settings", "partail"),
        ({"settings": {"acknowledgment": []}}, "settings", "acknowledgment"),
        ({"settings": {"build": {"hash_total": "yes"}}}, "settings", "build"),
        ({"settings": {"letters": {"ÅÅ": "A"}}}, "sender_id", "letters"),
        ({"settings": {"letters": "Å"}}, "sender_id", "letters"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(
    agree: Agree, changes: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        agree("850", **changes)
    assert any(sentence in message for message in refused.value.message_dict[field])


def test_two_partners_cannot_send_the_same_with_the_same_ids(agree: Agree, network: Network) -> None:
    agree("856")
    other = TradingPartner.objects.create(tenant=network.tenant, key="annan", name="Annan AB")
    with pytest.raises(ValidationError, match="nobody could tell"):
        agree("856", partner=other)
    agree("856", partner=other, stream="test")
    agree("810", partner=other, group_sender_id="ANNAN")


def test_network_and_partner_belong_to_one_tenant(agree: Agree) -> None:
    stranger = Tenant.objects.create(slug="annan", name="Annan AB")
    from django_scopes import scopes_disabled

    with scopes_disabled():
        elsewhere = Network.objects.create(tenant=stranger, key="cleo", name="Their Cleo")
        with pytest.raises(ValidationError, match="another tenant"):
            agree("856", network=elsewhere)
