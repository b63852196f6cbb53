"""What an agreement in EDIFACT over Cleo writes, byte for byte: its ids, letters, service characters and settings."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django_scopes import scopes_disabled

from edi.documents.building import BuildOptions
from edi.documents.edifact import MESSAGES
from edi.edifact.reading import read_bytes
from edi.edifact.validate import validate
from edi.models import Agreement, Network, TradingPartner
from edi.services import ControlNumbers
from integrations.flows import edi_out
from integrations.flows.edi_out import edifact
from integrations.models import Connection
from portal.tenants.models import Tenant

FOLDER = Path(__file__).parent / "golden"
DOCUMENTS = Path(__file__).parents[2] / "edi" / "documents" / "golden"
AT = dt.datetime(2026, 5, 4, 8, 30, tzinfo=dt.UTC)
NUMBERS = ControlNumbers(interchange=17, group=3)
SWEDISH: dict[str, Any] = {"association": "EAN008", "settings": {"build": {"party_ids": ["gln", "buyer"]}}}
CAPITALS: dict[str, Any] = {"syntax": "UNOA", "service_characters": ":+.? '", "line_breaks": False, "stream": "live"}
OTHER_MARKS: dict[str, Any] = {"service_characters": "|^.\\ ~", "sender_qualifier": "", "sender_id": "NORD:SE"}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ORDERS-association": ("850", "850-original", SWEDISH),
    "ORDERS-capitals": ("850", "850-original", CAPITALS),
    "ORDCHG-other-marks": ("860", "860-change", OTHER_MARKS),
    "DESADV-association": ("856", "856-pallets-and-cartons", SWEDISH),
    "INVOIC-association": ("810", "810-invoice", SWEDISH),
}


def agreement(document_type: str, **changes: Any) -> Agreement:
    with scopes_disabled():
        tenant = Tenant.objects.create(slug="nord", name="Nord AB")
        network = Network.objects.create(tenant=tenant, key="cleo", name="Cleo")
        partner = TradingPartner.objects.create(tenant=tenant, key="lev", name="Lev AB")
        ends = {"sender_qualifier": "14", "sender_id": "7317017256935"}
        ends |= {"receiver_qualifier": "14", "receiver_id": "7350099600098"}
        values = {"document_type": document_type, "direction": "out", "standard": "EDIFACT", **ends, **changes}
        row = Agreement(tenant=tenant, network=network, partner=partner, **values)
        row.full_clean()
    return row


def payload(case: str) -> tuple[str, Any, bytes]:
    """The message type, the document, and the bytes that would be sent."""
    document_type, name, changes = CASES[case]
    row = agreement(document_type, **changes)
    data = json.loads((DOCUMENTS / f"{name}.json").read_text())
    document = msgspec.convert(data["document"], MESSAGES[row.set_id].document, strict=False)
    options = edifact.options_of(row, {})
    segments, altered = edi_out.written_for(
        row, document, BuildOptions(), lambda one: edifact.segments_of(one, options)
    )
    built = edi_out.Built(
        document=document,
        segments=segments,
        altered=altered,
        agreement=row,
        set_id=row.set_id,
        purpose="original",
        digest="",
        options=BuildOptions(),
        connection=Connection(),
        entity="supplier",
    )
    return row.set_id, document, edi_out.write(built, NUMBERS, AT).body


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES)
def test_an_agreement_writes_its_file(case: str) -> None:
    set_id, document, body = payload(case)
    assert body == (FOLDER / f"{case}.edi").read_bytes()
    decoded, parsed = read_bytes(body)
    assert validate(decoded.text).findings == []
    (message,) = parsed.messages
    result = MESSAGES[set_id].read(message)
    assert (result.findings, result.left_over) == ((), ())
    assert result.document.number == document.number
    assert parsed.interchanges[0].reference == "000000017"


def test_there_is_a_file_for_each_case() -> None:
    assert {path.stem for path in FOLDER.glob("*.edi")} == set(CASES)
