"""The files of a supplier invoice go with it to Basware; what cannot go is said, and holds nothing up."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from integrations.models import Delivery, Issue, State
from integrations.systems.basware import attachments
from integrations.systems.files import ReadFile
from tests.integrations.flows.test_basware import bodies, configured
from tests.support.simulators import Simulators
from tests.support.world import World

Settle = Callable[..., None]
PDF = b"%PDF-1.4 a scan"
ROOM = 6 * 1024 * 1024
FLOWS = ("payment-terms", "suppliers", "supplier-invoices")


def attach(world: World, invoice: dict[str, Any], name: str, data: bytes) -> str:
    """As somebody does in Visma.net; the file's id."""
    given = {"number": invoice["referenceNumber"], "document_type": invoice["documentType"], "name": name}
    text = base64.b64encode(data).decode()
    return str(world.simulators.act("visma", "attach_file", company=world.company, base64=text, **given))


def payable(world: World) -> list[dict[str, Any]]:
    rows = bodies(world, "supplierInvoice", system="visma")
    return [i for i in rows if i["status"] == "Open" and i["documentType"] == "Invoice"]


def came(world: World, invoice: dict[str, Any]) -> dict[str, Any]:
    """The invoice as Basware's Network has it."""
    code = f"-I-{invoice['documentType']}-{invoice['referenceNumber']}"
    (found,) = [row for row in bodies(world, "invoices") if row["code"].endswith(code)]
    return found


def names(world: World, invoice: dict[str, Any]) -> list[str]:
    return [one["filename"] for one in came(world, invoice)["payload"].get("attachments", ())]


@pytest.mark.django_db(transaction=True)
def test_files_go_along_and_what_cannot_is_said(
    world: World, sandbox: Simulators, tmp_path: Path, settle: Settle
) -> None:
    """A file of a type that is not sent and one that Visma refuses to give do not lose the invoice; a file that comes
    later goes with another version of it, as long as Basware has not begun."""
    sandbox.options("basware", intake_delay=3600)
    scanned, poor = payable(world)[:2]
    attach(world, scanned, "scan.pdf", PDF)
    attach(world, poor, "macro.exe", b"MZ")
    sandbox.fault("visma", 404, attach(world, poor, "gone.pdf", PDF), times=100)
    found = configured(world, sandbox, tmp_path, flows=FLOWS)
    settle(seconds=240)
    (sent,) = came(found, scanned)["payload"]["attachments"]
    assert (sent["filename"], sent["contentType"]) == ("scan.pdf", "application/pdf")
    assert base64.b64decode(sent["content"]) == PDF
    assert names(found, poor) == []
    with scope(tenant=found.tenant):
        assert {d.state for d in Delivery.objects.filter(flow__key="supplier-invoices")} == {State.DELIVERED}
        issue = Issue.objects.get(status=Issue.Status.OPEN)
        assert "macro.exe" in issue.sentence
        assert "gone.pdf" in issue.sentence
        key = f"Invoice/{poor['referenceNumber']}"
        delivery = Delivery.objects.get(flow__key="supplier-invoices", record__source_id=key)
        assert len(delivery.settings_used["changes"]) == 2
    sandbox.no_faults()
    attach(world, scanned, "terms.xml", b"<terms/>")
    settle(seconds=120)
    assert names(found, scanned) == ["scan.pdf", "terms.xml"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.exe", b"MZ", "type exe"),
        ("a", PDF, "type (none)"),
        ("a.pdf", b"", "is empty"),
        ("a.pdf", b"<html>", "called .pdf"),
        ("a.png", b"\xff\xd8\xff", "called .png"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_stays_here(name: str, data: bytes, said: str) -> None:
    taken, left_out = attachments.rows([ReadFile(name=name, data=data)], types=attachments.TYPES, room=ROOM)
    assert not taken
    assert said in left_out[0]


def test_what_files_are_called_in_an_invoice_is_a_setting() -> None:
    taken, _ = attachments.rows([ReadFile(name="a.pdf", data=PDF)], types=attachments.TYPES, room=ROOM)
    assert set(attachments.members(taken, {})["attachments"][0]) == {"filename", "contentType", "content"}
    named = attachments.members(taken, {"attachments": "files", "content": "data", "filename": ""})
    assert named == {"files": [{"filename": "a.pdf", "contentType": "application/pdf", "data": taken[0]["content"]}]}
    assert attachments.members([], {"attachments": "files"}) == {}


def test_a_file_that_does_not_fit_leaves_room_for_the_next() -> None:
    files = [ReadFile(name=f"{n}.pdf", data=PDF + bytes(n * 1024 * 1024)) for n in (3, 2, 1)]
    taken, left_out = attachments.rows(files, types=attachments.TYPES, room=6 * 1024 * 1024)
    assert [row["filename"] for row in taken] == ["3.pdf", "1.pdf"]
    assert left_out == ["2.pdf: with 2.0 MB it does not fit into the request any more"]
    assert sum(len(row["content"]) for row in taken) < 6 * 1024 * 1024
