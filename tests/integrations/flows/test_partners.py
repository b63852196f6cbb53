"""Suppliers of Visma.net and trading partners of Cleo, kept in step both ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrations.engine import replay
from integrations.models import Delivery, Feed, Issue, SeenFile, State
from tests.support.simulators import Simulators
from tests.support.world import World, apply_entry

pytestmark = pytest.mark.django_db(transaction=True)
Settle = Callable[..., None]

SUPPLIER, PARTNER, NAME = "80001", "SUP80001", "Itä-Suomen Pakkaus Ky"
ADDRESS = {"line1": "Uusikatu 7", "postalCode": "33100", "city": "Tampere", "country": "FI"}
BOTH_WAYS = {"suppliers": {}, "trading-partners": {}}


@pytest.fixture
def world(world: World, sandbox: Simulators, tmp_path: Path) -> World:
    """The world with nothing but suppliers and trading partners going both ways."""
    return with_settings(world, sandbox, tmp_path)


def with_settings(world: World, sandbox: Simulators, folder: Path, **settings: Any) -> World:
    for integration in world.entry["integrations"]:
        integration["flows"] = dict(BOTH_WAYS) if integration["key"] == "visma-cleo" else {}
        integration["settings"] |= settings.pop(integration["key"], {})
    for connection in world.entry["connections"]:
        if connection["system"] == "cleo":
            connection["settings"] |= {"quiet_seconds": 0, **settings}
    apply_entry(world.entry, sandbox, folder=folder)
    Feed.objects.exclude(key__in=["suppliers", "trading-partners"]).update(enabled=False)
    return world


def at_cleo(world: World) -> dict[str, Any]:
    """The connection of the trading partner."""
    rows = [r for r in world.simulators.rows("cleo", "connections") if r["body"]["partnerName"] == PARTNER]
    (row,) = rows
    return dict(row)


def in_visma(world: World) -> dict[str, Any]:
    rows = world.simulators.rows("visma", "supplier")
    return dict(next(r["body"] for r in rows if r["key"] == f"{world.company}/{SUPPLIER}"))


def say(world: World, **values: Any) -> None:
    """A person changes what the connection says of the trading partner."""
    changes = {f"partner.{path.replace('__', '.')}": value for path, value in values.items()}
    world.simulators.mutate("connections", at_cleo(world)["key"], changes, system="cleo")


def say_first(world: World, **values: Any) -> None:
    """What the connection said before anybody was connected."""
    world.simulators.mutate("connections", at_cleo(world)["key"], {"partner": values}, system="cleo")


def book(world: World, **values: Any) -> None:
    """A person changes the supplier in Visma."""
    changes = {path.replace("__", "."): value for path, value in values.items()}
    world.simulators.mutate("supplier", f"{world.company}/{SUPPLIER}", changes)


def writes(world: World, system: str = "visma") -> list[str]:
    """Paths of calls that changed something, but logins and uploads."""
    entries = world.simulators.requests(system)
    return [e["path"] for e in entries if e["method"] == "PUT" and 200 <= e["status"] < 300]


def incoming(world: World) -> Delivery:
    """The newest delivery of what Cleo says of the trading partner."""
    rows = world.deliveries(flow__key="trading-partners")
    return [d for d in rows if d.business_number.casefold() in (NAME.casefold(), f"{PARTNER}T".casefold())][-1]


def issues() -> list[Issue]:
    return list(Issue.objects.filter(status=Issue.Status.OPEN))


def idle(world: World, settle: Settle) -> None:
    """Two more rounds write nothing anywhere."""
    before = [writes(world), writes(world, "cleo"), len(files(world))]
    for _ in range(2):
        settle()
    assert [writes(world), writes(world, "cleo"), len(files(world))] == before


def known(settle: Settle) -> None:
    """What was told is read back: now it is known what Cleo said before."""
    settle()
    settle()


def known_address(world: World, settle: Settle) -> None:
    """As above, and Cleo said the address that stands in the books."""
    known(settle)
    here = in_visma(world)["mainAddress"]
    lines = {"line1": here["addressLine1"], "line2": here["addressLine2"] or ""}
    say(
        world,
        address={**lines, "postalCode": here["postalCode"], "city": here["city"], "country": here["country"]["id"]},
    )
    settle()


def files(world: World, folder: str = f"/{PARTNER}/upload/partners") -> list[dict[str, Any]]:
    rows = world.simulators.rows("cleo", "files")
    return [r["body"] for r in rows if r["body"]["folder"] == folder]


# --- Connections


def test_suppliers_are_told_to_the_connections_of_those_on_the_network_once(world: World, settle: Settle) -> None:
    other = {k: v for k, v in at_cleo(world)["body"].items() if k != "partner"}
    settle()
    supplier, connection = in_visma(world), at_cleo(world)["body"]
    assert connection["partner"] == {
        "supplierNumber": SUPPLIER,
        "name": supplier["name"],
        "vatNumber": supplier["vatRegistrationId"],
        "organisationNumber": supplier["corporateId"],
        "status": "Active",
    }
    assert {k: v for k, v in connection.items() if k != "partner"} == other, "nothing else of it is touched"
    states = {d.business_number: d.state for d in world.deliveries(flow__key="suppliers")}
    assert states[SUPPLIER] == State.DELIVERED
    assert states["80002"] == State.NO_EFFECT, "it is on another network"
    idle(world, settle)
    assert issues() == []


def test_a_change_in_the_books_goes_out_once_and_what_cleo_is_right_on_does_not(world: World, settle: Settle) -> None:
    settle()
    before = len(writes(world, "cleo"))
    book(world, name="Itä-Suomen Laatikko Oy", mainAddress__city="Kuopio")
    settle()
    said = at_cleo(world)["body"]["partner"]
    assert said["name"] == "Itä-Suomen Laatikko Oy"
    assert "address" not in said
    assert len(writes(world, "cleo")) == before + 1
    book(world, mainAddress__city="Turku")
    idle(world, settle)


def test_an_address_from_cleo_is_written_on_the_version_that_was_read(world: World, settle: Settle) -> None:
    known_address(world, settle)
    say(world, address=ADDRESS)
    settle()
    address = in_visma(world)["mainAddress"]
    assert [address[k] for k in ("addressLine1", "postalCode", "city")] == ["Uusikatu 7", "33100", "Tampere"]
    (put,) = [e for e in world.simulators.requests("visma", bodies=True) if e["method"] == "PUT"]
    assert put["headers"]["if-match"]
    assert "name" not in json.loads(put["body"]), "no field that Cleo is not right on"
    assert incoming(world).state == State.DELIVERED
    idle(world, settle)


def test_a_version_that_changed_meanwhile_is_read_again(world: World, settle: Settle) -> None:
    known_address(world, settle)
    world.simulators.fault("visma", 412, "/supplier/", method="PUT", times=1)
    say(world, address=ADDRESS)
    settle()
    assert world.simulators.fired() == 1
    assert in_visma(world)["mainAddress"]["city"] == "Tampere"


def test_a_field_that_was_changed_on_both_sides_is_left_to_a_person_with_both_values(
    world: World, settle: Settle
) -> None:
    known_address(world, settle)
    say(world, address=ADDRESS)
    settle()
    book(world, mainAddress__addressLine1="Vanhakatu 1")
    say(world, address={**ADDRESS, "line1": "Kolmaskatu 3"})
    settle()
    delivery = incoming(world)
    assert delivery.state == State.FAILED
    (issue,) = issues()
    assert "Vanhakatu 1" in issue.sentence
    assert "Kolmaskatu 3" in issue.sentence
    assert in_visma(world)["mainAddress"]["addressLine1"] == "Vanhakatu 1"

    replay.force(delivery.pk, actor=None, reason="The supplier has moved.")
    settle(read=False)
    assert in_visma(world)["mainAddress"]["addressLine1"] == "Kolmaskatu 3"
    assert issues() == []
    idle(world, settle)


def test_what_differs_when_cleo_is_first_read_is_left_to_a_person_and_later_changes_are_not(
    world: World, settle: Settle
) -> None:
    here = in_visma(world)["mainAddress"]
    say_first(world, address=ADDRESS)
    settle()
    delivery = incoming(world)
    assert delivery.state == State.FAILED
    (issue,) = issues()
    assert "differs at first sight" in issue.sentence
    for value in (here["addressLine1"], here["city"], "Uusikatu 7, 33100 Tampere"):
        assert value in issue.sentence
    assert writes(world) == []
    assert in_visma(world)["mainAddress"] == here

    replay.force(delivery.pk, actor=None, reason="Cleo's is right.")
    settle(read=False)
    assert in_visma(world)["mainAddress"]["city"] == "Tampere"
    assert issues() == []
    say(world, address={**ADDRESS, "line1": "Kolmaskatu 3"})
    settle()
    assert in_visma(world)["mainAddress"]["addressLine1"] == "Kolmaskatu 3"
    idle(world, settle)


def test_a_field_that_cleo_states_later_for_the_first_time_replaces_nothing(world: World, settle: Settle) -> None:
    """The trading partner was read before, without an address."""
    known(settle)
    here = in_visma(world)["mainAddress"]
    say(world, address=ADDRESS)
    settle()
    assert incoming(world).state == State.FAILED
    (issue,) = issues()
    for words in ("differs at first sight", here["addressLine1"], "Uusikatu 7, 33100 Tampere"):
        assert words in issue.sentence
    assert writes(world) == []

    replay.force(incoming(world).pk, actor=None, reason="Cleo's is right.")
    settle(read=False)
    assert in_visma(world)["mainAddress"]["city"] == "Tampere"
    say(world, address=None)
    settle()
    say(world, address={**ADDRESS, "line1": "Kolmaskatu 3"})
    settle()
    assert in_visma(world)["mainAddress"]["addressLine1"] == "Kolmaskatu 3", "it was stated before, if not just before"
    assert issues() == []


def test_a_field_that_cleo_states_later_for_the_first_time_fills_what_visma_has_not(
    world: World, settle: Settle
) -> None:
    book(world, mainAddress__addressLine1="", mainAddress__postalCode="", mainAddress__city="")
    known(settle)
    say(world, address=ADDRESS)
    settle()
    assert incoming(world).state == State.DELIVERED
    assert in_visma(world)["mainAddress"]["city"] == "Tampere"
    assert issues() == []


def test_what_visma_has_not_is_filled_when_cleo_is_first_read(world: World, settle: Settle) -> None:
    book(world, mainAddress__addressLine1="", mainAddress__postalCode="", mainAddress__city="")
    say_first(world, address=ADDRESS)
    settle()
    assert incoming(world).state == State.DELIVERED
    assert in_visma(world)["mainAddress"]["city"] == "Tampere"
    assert issues() == []


def test_what_a_person_keeps_at_first_sight_stays(world: World, settle: Settle) -> None:
    here = in_visma(world)["mainAddress"]
    say_first(world, address=ADDRESS)
    settle()
    replay.dismiss(incoming(world).pk, actor=None, reason="Ours is right.")
    idle(world, settle)
    assert in_visma(world)["mainAddress"] == here
    assert issues() == [], "what we told Cleo was read back, and the address is no news"
    say(world, address={**ADDRESS, "line1": "Kolmaskatu 3"})
    settle()
    (issue,) = issues()
    assert "Kolmaskatu 3" in issue.sentence, "another address is"


def test_what_cannot_be_true_is_not_taken_over_and_its_correction_is(world: World, settle: Settle) -> None:
    known_address(world, settle)
    say(world, address={**ADDRESS, "postalCode": "3310"})
    settle()
    assert incoming(world).state == State.FAILED
    (issue,) = issues()
    assert "3310 is no postal code of FI" in issue.sentence
    assert writes(world) == []
    say(world, address=ADDRESS)
    settle()
    assert in_visma(world)["mainAddress"]["city"] == "Tampere"
    assert issues() == []


def test_numbers_are_checked_by_their_digits_where_cleo_is_right_on_them(
    world: World, sandbox: Simulators, settle: Settle, tmp_path: Path
) -> None:
    masters = {"supplier_masters": {"vat_number": "network", "organisation_number": "network"}}
    with_settings(world, sandbox, tmp_path, **{"visma-cleo": masters})
    known(settle)
    assert "vatNumber" not in at_cleo(world)["body"]["partner"]
    here = in_visma(world)
    say(world, vatNumber=here["vatRegistrationId"], organisationNumber=here["corporateId"])
    settle()
    say(world, vatNumber="FI12345678", organisationNumber="1234567-8")
    settle()
    (issue,) = issues()
    assert "FI12345678 is no VAT number of FI; 1234567-8 is no organisation number of FI" in issue.sentence
    say(world, vatNumber="FI20774740", organisationNumber="2077474-0")
    settle()
    supplier = in_visma(world)
    assert (supplier["vatRegistrationId"], supplier["corporateId"]) == ("FI20774740", "2077474-0")


def test_a_field_of_the_books_that_is_changed_at_cleo_is_said_to_people_and_changes_nothing(
    world: World, settle: Settle
) -> None:
    known(settle)
    say(world, name="Somebody Else Oy")
    settle()
    (issue,) = issues()
    assert "Somebody Else Oy" in issue.sentence
    assert in_visma(world)["name"] in issue.sentence
    assert writes(world) == []
    assert incoming(world).state == State.NO_EFFECT


def test_a_connection_that_does_not_keep_what_was_written_is_a_failure_with_the_fields(
    world: World, sandbox: Simulators, settle: Settle, tmp_path: Path
) -> None:
    """Cleo sets `lastStatus` itself, whatever is sent."""
    with_settings(world, sandbox, tmp_path, partner_fields={"name": "lastStatus"})
    settle()
    failed = [d for d in world.deliveries(flow__key="suppliers") if d.state == State.FAILED]
    assert failed
    assert "does not keep lastStatus" in failed[0].reason


# --- Files


@pytest.fixture
def by_files(world: World, sandbox: Simulators) -> World:
    """The user is a mailbox account, which sees no connections."""
    sandbox.options("cleo", mailbox_user=True, half_written_every=0)
    return world


def partner_file(world: World, content: Any, **values: Any) -> None:
    given = {"company": world.company, "partner": PARTNER, "content": content, "kinds": "partners", **values}
    world.simulators.mutate("inbound", None, given, system="cleo")


def entry(**values: Any) -> dict[str, Any]:
    address = {"lines": ["Uusikatu 7"], "postalCode": "33100", "city": "Tampere", "country": "FI"}
    return {"format": "trading-partner/1", "partner": f"{PARTNER}T", "address": address, **values}


def test_where_connections_are_not_seen_suppliers_go_as_files(by_files: World, settle: Settle) -> None:
    settle()
    (file,) = files(by_files)
    said = json.loads(file["content"])
    supplier = in_visma(by_files)
    assert said == {
        "format": "trading-partner/1",
        "partner": f"{PARTNER}T",
        "supplierNumber": SUPPLIER,
        "name": supplier["name"],
        "vatNumber": supplier["vatRegistrationId"],
        "organisationNumber": supplier["corporateId"],
        "status": "Active",
    }
    idle(by_files, settle)
    book(by_files, name="Itä-Suomen Laatikko Oy")
    settle()
    assert [json.loads(f["content"])["name"] for f in files(by_files)] == [supplier["name"], "Itä-Suomen Laatikko Oy"]


def test_partner_files_are_read_once_checked_and_written(by_files: World, settle: Settle) -> None:
    settle()
    partner_file(by_files, {"partners": [entry(supplierNumber=SUPPLIER), entry(partner="NOBODY")]})
    settle()
    assert "differs at first sight" in incoming(by_files).reason
    replay.force(incoming(by_files).pk, actor=None, reason="The supplier has moved.")
    settle(read=False)
    assert in_visma(by_files)["mainAddress"]["city"] == "Tampere"
    assert SeenFile.objects.filter(path__contains="/partners/").count() == 1
    states = {d.business_number: d.state for d in by_files.deliveries(flow__key="trading-partners")}
    assert states == {f"{PARTNER}T": State.DELIVERED, "NOBODY": State.NO_EFFECT}
    idle(by_files, settle)
    partner_file(by_files, entry(address={**entry()["address"], "lines": ["Kolmaskatu 3"]}))
    settle()
    assert in_visma(by_files)["mainAddress"]["addressLine1"] == "Kolmaskatu 3", "later changes go through"
    partner_file(by_files, entry(address={"lines": ["Uusikatu 8"], "postalCode": "33100", "city": "Tampere"}))
    settle()
    assert incoming(by_files).state == State.FAILED
    assert "no country" in incoming(by_files).reason


def test_a_partner_file_that_cannot_be_read_is_kept_and_said_once(by_files: World, settle: Settle) -> None:
    partner_file(by_files, "not json at all")
    settle()
    settle()
    (failed,) = by_files.deliveries(flow__key="trading-partners")
    assert failed.state == State.FAILED
    assert "It is not JSON" in failed.reason
    assert bytes(failed.record.payload.data) == b"not json at all"


def test_another_number_than_ours_is_not_applied_by_guess(by_files: World, settle: Settle) -> None:
    partner_file(by_files, entry(supplierNumber="80003"))
    settle()
    assert incoming(by_files).state == State.FAILED
    assert "supplier 80003; here it is supplier 80001" in incoming(by_files).reason
    assert writes(by_files) == []


def test_an_upload_whose_answer_was_lost_is_found_and_not_sent_again(by_files: World, settle: Settle) -> None:
    by_files.simulators.fault("cleo", "reset_after", "/files", method="POST", times=1)
    settle()
    assert by_files.simulators.fired() == 1
    assert len(files(by_files)) == 1
    assert {d.state for d in by_files.deliveries(flow__key="suppliers")} == {State.DELIVERED, State.NO_EFFECT}
