"""Writing for a partner: lengths are measured on what is sent, and the partner's guide decides what leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django_scopes import scopes_disabled

from edi import services as edi
from edi.documents.building import BuildOptions
from edi.documents.purchase_order import PurchaseOrder
from edi.models import Agreement, Network, TradingPartner
from integrations.flows import edi_out, visma_orderful
from integrations.flows.edi_out import edifact
from integrations.flows.edi_out.writing import Build
from integrations.models import Connection
from integrations.systems.contract import Unmappable
from portal.tenants.models import Tenant
from tests.edi.documents import examples

pytestmark = pytest.mark.django_db
Agree = Callable[..., Agreement]


@pytest.fixture(autouse=True)
def _unscoped(db: None) -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def agree() -> Agree:
    tenant = Tenant.objects.create(slug="out", name="Out AB")
    network = Network.objects.create(tenant=tenant, key="cleo", name="Cleo")
    partner = TradingPartner.objects.create(tenant=tenant, key="lev", name="Lev AB")

    def make(**changes: Any) -> Agreement:
        values = {"sender_id": "US", "receiver_id": "THEM", "document_type": "850", "direction": "out", **changes}
        return Agreement(tenant=tenant, network=network, partner=partner, **values)

    return make


def built(agreement: Agreement, document: PurchaseOrder, build: Build | None = None) -> edi_out.Built:
    options = BuildOptions()
    segments, altered = edi_out.written_for(agreement, document, options, build)
    return edi_out.Built(
        document=document,
        segments=segments,
        altered=altered,
        agreement=agreement,
        set_id=agreement.set_id,
        purpose="original",
        digest="",
        options=options,
        connection=Connection(secrets={"api_key": "key"}),
        entity="supplier",
    )


def order(name: str) -> PurchaseOrder:
    """An order whose buyer is called so."""
    parties = tuple(
        msgspec.structs.replace(party, name=name) if party.role == "buyer" else party
        for party in examples.ORDER.parties
    )
    return msgspec.structs.replace(examples.ORDER, parties=parties)


def test_lengths_are_those_of_what_is_sent(agree: Agree) -> None:
    name = "Ø" * 50  # 50 letters here, 100 in the partner's characters: N102 takes 60
    document = order(name)
    agreement = agree(settings={"letters": {"Ø": "OE"}})
    text = edi_out.write_x12(built(agreement, document), edi_out.TRIAL_NUMBERS, edi_out.TRIAL_DATE).text
    assert "Ø" not in text
    names = [segment.split("*")[2] for segment in text.split("~") if segment.strip().startswith("N1*BY")]
    assert names
    assert all(len(found) <= 60 for found in names)
    assert edi_out.check_x12(built(agreement, document))


def test_what_was_altered_is_told_by_element(agree: Agree) -> None:
    changes = edi_out.check_x12(built(agree(), order("Bodens Ångbåtar")))
    assert "N102: 1 in the partner's characters" in changes


def test_json_is_in_the_partners_letters_as_well(agree: Agree) -> None:
    found = built(agree(payload="json"), order("Bodens Ångbåtar"))
    assert "N102: 1 in the partner's characters" in found.altered
    assert any("Bodens Angbatar" in segment for segment in found.segments)
    whole = built(agree(payload="json", charset="utf-8"), order("Bodens Ångbåtar"))
    assert whole.altered == ()
    assert any("Bodens Ångbåtar" in segment for segment in whole.segments)


def test_a_partner_who_takes_no_other_letters_is_told_to_people(agree: Agree) -> None:
    with pytest.raises(Unmappable) as caught:
        built(agree(charset_policy="reject"), order("Bodens Ångbåtar"))
    assert "cannot be written for Lev AB" in caught.value.sentence
    assert "charset" in caught.value.remedy


def test_the_guide_of_the_partner_decides(agree: Agree) -> None:
    edi_out.check_x12(built(agree(), examples.ORDER))
    guided = agree(guide={"segments": [{"path": "FOB", "required": True}]})
    with pytest.raises(Unmappable) as caught:
        edi_out.check_x12(built(guided, examples.ORDER))
    assert "FOB" in caught.value.sentence


def test_the_agreed_separators_are_written(agree: Agree) -> None:
    agreement = agree(version="005010", repetition_separator="!", requests_ta1=True)
    text = edi_out.write_x12(built(agreement, examples.ORDER), edi_out.TRIAL_NUMBERS, edi_out.TRIAL_DATE).text
    isa = text.split("~")[0].split("*")
    assert (isa[11], isa[14]) == ("!", "1")


# --- EDIFACT

EDIFACT: dict[str, Any] = {"standard": "EDIFACT", "sender_qualifier": "14", "receiver_qualifier": "14"}


def in_edifact(agreement: Agreement, document: PurchaseOrder) -> edi_out.Built:
    options = edifact.options_of(agreement, {"FRP": "PK"})
    found = built(agreement, document, build=lambda one: edifact.segments_of(one, options))
    assert found.set_id == "ORDERS"
    return found


def test_letters_are_those_of_the_syntax(agree: Agree) -> None:
    whole = in_edifact(agree(**EDIFACT), order("Bodens Ångbåtar"))
    assert edi_out.check(whole) == ()
    text = edi_out.write(whole, edi_out.TRIAL_NUMBERS, edi_out.TRIAL_DATE)
    assert "Bodens Ångbåtar".encode("latin-1") in text.body
    plain = in_edifact(agree(**EDIFACT, syntax="UNOA"), order("Bodens Ångbåtar"))
    assert "NAD04: 1 in the partner's characters" in edi_out.check(plain)
    assert b"BODENS ANGBATAR" in edi_out.write(plain, edi_out.TRIAL_NUMBERS, edi_out.TRIAL_DATE).body
    with pytest.raises(Unmappable, match="cannot be written for Lev AB"):
        in_edifact(agree(**EDIFACT, syntax="UNOA", charset_policy="reject"), order("Bodens Ångbåtar"))


def test_what_the_agreement_says_stands_in_the_header(agree: Agree) -> None:
    agreement = agree(**EDIFACT, association="EAN008", service_characters="|+.? '", acknowledgment_hours=0)
    numbers = edi.ControlNumbers(interchange=17, group=23)
    text = edi_out.write(in_edifact(agreement, examples.ORDER), numbers, edi_out.TRIAL_DATE).text
    lines = text.split("'\n")
    assert lines[0] == "UNA|+.? "
    assert lines[1] == "UNB+UNOC|3+US|14+THEM|14+000101|0000+000000017++++++1"
    assert lines[2] == "UNH+23+ORDERS|D|96A|UN|EAN008"


def test_units_of_the_company_are_those_of_edifact(agree: Agree) -> None:
    line = msgspec.structs.replace(examples.ORDER.lines[0], unit="FRP")
    document = msgspec.structs.replace(examples.ORDER, lines=(line, *examples.ORDER.lines[1:]))
    quantity = next(s for s in in_edifact(agree(**EDIFACT), document).segments if s[0] == "QTY")
    assert quantity[1][-1] == "PK"


def test_orderful_is_not_handed_edifact(agree: Agree) -> None:
    with pytest.raises(Unmappable, match="Orderful is handed X12 alone"):
        visma_orderful.check(in_edifact(agree(**EDIFACT), examples.ORDER))


# --- Orderful's two APIs


def sent_to_orderful(agreement: Agreement, **changes: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What Orderful is handed of the order, and what is told to people about it."""
    line = msgspec.structs.replace(examples.ORDER.lines[0], **changes)
    others = [msgspec.structs.replace(other, unit="STK") for other in examples.ORDER.lines[1:]]
    whole = msgspec.structs.replace(examples.ORDER, lines=(line, *others))
    document = built(agreement, whole)
    return msgspec.json.decode(visma_orderful.body(document)), visma_orderful.check(document)


def test_mosaic_is_the_rule_and_v3_what_the_agreement_asks_for(agree: Agree) -> None:
    for settings in ({}, {"orderful_api": "auto"}, {"orderful_api": "v4"}):
        body, said = sent_to_orderful(agree(settings=settings))
        assert body["message"]["purchaseOrderNumber"] == examples.ORDER.number
        assert "x12" not in body
        assert not any("v3" in one for one in said)
    body, said = sent_to_orderful(agree(settings={"orderful_api": "v3"}))
    assert body["x12"].startswith("ISA*")
    assert examples.ORDER.number in body["x12"]
    assert "message" not in body
    assert "Sent through v3: the agreement asks for v3" in said


def test_what_mosaic_has_no_words_for_goes_by_v3_unless_the_agreement_forbids_it(agree: Agree) -> None:
    body, said = sent_to_orderful(agree(), unit="KG")
    assert "PO1*" in body["x12"]
    assert "*KG*" in body["x12"]
    (why,) = [one for one in said if one.startswith("Sent through v3: ")]
    assert "KG" in why, "and why"
    with pytest.raises(Unmappable, match="KG"):
        sent_to_orderful(agree(settings={"orderful_api": "v4"}), unit="KG")
    with pytest.raises(Unmappable, match="none of auto, v4"):
        sent_to_orderful(agree(settings={"orderful_api": "v5"}))
