"""Fields of suppliers: only those that are given, only on the version that was read, never over somebody's change."""

from __future__ import annotations

from typing import Any

import pytest

from edi.documents.values import Address
from integrations.http.errors import Conflict, Rejected, Unknown
from integrations.http.session import Session
from integrations.models import Breaker, Connection
from integrations.systems.contract import Applied, CannotTell, Delivered, Effect, Evidence, NotApplied
from integrations.systems.visma.commands import SupplierBase, UpdateSupplier
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.conftest import requests_of
from tests.integrations.systems.visma.outgoing import outgoing

NUMBER = "50003"
ADDRESS = Address(lines=("Nya gatan 1",), city="Lund", postal_code="222 22", country="SE")
MOVE = UpdateSupplier(number=NUMBER, address=ADDRESS, vat_number="SE556677889901")


@pytest.fixture
def sink(session: Session, connection: Connection) -> Any:
    return SYSTEM.sink("suppliers").open(connection, session)


def do(sink: Any, command: UpdateSupplier) -> Effect:
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def look(sink: Any, command: UpdateSupplier) -> Evidence:
    Breaker.objects.all().delete()
    return sink.evidence(outgoing(command))


def supplier(visma: Served) -> dict[str, Any]:
    return visma.row("supplier", f"SE/{NUMBER}")["body"]


def test_only_given_fields_are_written_and_once(visma: Served, sink: Any):
    visma.options(strict_if_match=True)
    before = supplier(visma)
    assert isinstance(look(sink, MOVE), NotApplied)
    assert isinstance(do(sink, MOVE), Delivered)
    after = supplier(visma)
    assert (after["mainAddress"]["addressLine1"], after["mainAddress"]["city"]) == ("Nya gatan 1", "Lund")
    assert after["mainAddress"]["addressLine2"] == ""
    assert after["vatRegistrationId"] == "SE556677889901"
    assert (after["name"], after["corporateId"], after["mainContact"]) == (
        before["name"],
        before["corporateId"],
        before["mainContact"],
    )
    assert isinstance(look(sink, MOVE), Applied)
    assert isinstance(do(sink, MOVE), Delivered)
    assert sum(1 for r in requests_of(visma) if r["method"] == "PUT") == 1


def test_a_change_on_both_sides_is_for_a_person(visma: Served, sink: Any):
    known = SupplierBase(vat_number="SE000000000001")
    effect = do(sink, UpdateSupplier(number=NUMBER, vat_number="SE556677889901", base=known))
    assert isinstance(effect, Rejected)
    assert supplier(visma)["vatRegistrationId"] in effect.sentence
    assert "SE556677889901" in effect.sentence


def test_a_change_on_the_known_value_is_applied(visma: Served, sink: Any):
    known = SupplierBase(vat_number=supplier(visma)["vatRegistrationId"])
    assert isinstance(do(sink, UpdateSupplier(number=NUMBER, vat_number="SE556677889901", base=known)), Delivered)


def test_what_is_seen_for_the_first_time_fills_and_replaces_nothing(visma: Served, sink: Any):
    key = f"SE/{NUMBER}"
    seen = UpdateSupplier(
        number=NUMBER, address=ADDRESS, vat_number="SE556677889901", first_seen=("address", "vat_number")
    )
    here = supplier(visma)
    visma.mutate("supplier", {"vatRegistrationId": ""}, key=key)
    reasons = {c.field: c.reason for c in sink.changes(outgoing(seen))}
    assert "before they were connected" in reasons["address"]
    assert reasons["VAT number"] == "the other side is its master"
    effect = do(sink, seen)
    assert isinstance(effect, Rejected)
    for value in (here["mainAddress"]["addressLine1"], "Nya gatan 1", "differs at first sight", "dismiss", "force"):
        assert value in f"{effect.sentence} {effect.remedy}"
    assert supplier(visma)["mainAddress"] == here["mainAddress"]
    assert supplier(visma)["vatRegistrationId"] == "SE556677889901", "what only the other side knows is filled in"
    puts = [r for r in requests_of(visma) if r["method"] == "PUT"]
    assert isinstance(do(sink, seen), Rejected)
    assert [r for r in requests_of(visma) if r["method"] == "PUT"] == puts

    visma.mutate("supplier", {"mainAddress": {"countryId": "SE", "city": "LUND"}}, key=key)
    assert isinstance(do(sink, seen), Delivered), "nothing of Visma's is lost"
    assert supplier(visma)["mainAddress"]["addressLine1"] == "Nya gatan 1"
    spelled = UpdateSupplier(number=NUMBER, vat_number="se 5566 7788 9901", first_seen=("vat_number",))
    assert isinstance(do(sink, spelled), Delivered)
    assert supplier(visma)["vatRegistrationId"] == "SE556677889901", "another spelling is no news"


def test_lost_answer(visma: Served, sink: Any):
    visma.fault(fault="timeout_after", path_regex="/v1/supplier/", method="PUT", times=1)
    assert isinstance(do(sink, MOVE), Unknown)
    assert isinstance(look(sink, MOVE), Applied)


def test_stale_version(visma: Served, sink: Any):
    visma.fault(fault=412, path_regex="/v1/supplier/", method="PUT", times=1)
    assert isinstance(do(sink, MOVE), Conflict)


def test_unknown_supplier(sink: Any):
    nobody = UpdateSupplier(number="99999", name="Ingen AB")
    effect = do(sink, nobody)
    assert isinstance(effect, Rejected)
    assert "no supplier 99999" in effect.sentence
    assert isinstance(look(sink, nobody), CannotTell)
