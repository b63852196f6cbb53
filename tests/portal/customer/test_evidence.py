"""A document's evidence: one signed bundle, which standard tools verify and nobody changes unnoticed."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from integrations.models import Attempt, Payload
from portal.audit import bundle, signing
from portal.audit.models import AuditEvent, Seal, SigningKey
from tests.integrations.admin.house import PERSONAL, SECRETS, House
from tests.portal.customer.conftest import Customers


def bundle_of(client: Client, house: House, pk: int, **values: str) -> bytes:
    answer = client.post(reverse("customer:document_evidence", args=[house.tenant.slug, pk]), values)
    assert answer.status_code == 200
    return bytes(answer.content)


def files_of(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed_as(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def tried(house: House) -> House:
    """The delivered order was tried once, with the call that the house keeps."""
    attempt = Attempt.objects.filter(delivery=house.delivered).first() or Attempt.objects.create(
        tenant=house.tenant,
        delivery=house.delivered,
        number=1,
        fence=1,
        worker="host-1",
        started_at=house.exchange.started_at,
        outcome="delivered",
    )
    attempt.exchanges.add(house.exchange)
    return house


def test_a_bundle_tells_all_of_the_document_masked_and_with_hashes(
    tried: House, viewer: Client, customers: Customers
) -> None:
    packed = bundle_of(viewer, tried, tried.delivered.pk)
    files = files_of(packed)
    told = {name: json.loads(files[f"{name}.json"]) for name in ("records", "deliveries", "attempts", "exchanges")}
    assert tried.delivered.record.payload.sha256 in [r["sha256"] for r in told["records"]]
    mine = next(d for d in told["deliveries"] if d["id"] == tried.delivered.pk)
    assert tried.delivered.frozen is not None
    assert (mine["sha256"], mine["state"]) == (tried.delivered.frozen.sha256, "delivered")
    assert tried.exchange.pk in [pk for a in told["attempts"] for pk in a["exchanges"]]
    assert tried.exchange.pk in [e["id"] for e in told["exchanges"]]
    assert b"500123" in files[mine["content"]]
    everything = b"\n".join(files.values()).decode("utf-8", "replace")
    assert not [value for value in (*PERSONAL, *SECRETS) if value in everything]
    manifest = json.loads(files["manifest.json"])
    assert manifest["trail"]["intact"]
    assert manifest["made_by"] == customers.viewer.get_username()
    assert manifest["left_out"] == {}


def test_the_export_is_audited_and_stands_sealed_in_the_bundle(tried: House, viewer: Client) -> None:
    files = files_of(bundle_of(viewer, tried, tried.delivered.pk))
    event = AuditEvent.objects.get(action="delivery.exported")
    assert (event.tenant_id, event.object_id) == (tried.tenant.pk, str(tried.delivered.pk))
    line = next(one for one in json.loads(files["audit.json"]) if one["id"] == event.pk)
    assert event.seal is not None
    assert line["seal"] == event.seal.number
    assert event.seal.digest in [seal["digest"] for seal in json.loads(files["seals.json"])]
    assert not [name for name in files if name.startswith("seals/")]


def test_whole_seals_can_be_computed_anew_by_anybody(tried: House, viewer: Client) -> None:
    files = files_of(bundle_of(viewer, tried, tried.delivered.pk, seals="whole"))
    seals = json.loads(files["seals.json"])
    assert seals
    for seal in seals:
        assert hashlib.sha256(files[f"seals/{seal['number']}"]).hexdigest() == seal["digest"]
        assert Seal.objects.get(tenant=tried.tenant, number=seal["number"]).digest == seal["digest"]


@pytest.mark.skipif(not shutil.which("openssl") or not shutil.which("sha256sum"), reason="needs openssl and sha256sum")
def test_the_documented_commands_verify_it_and_notice_a_change(tried: House, viewer: Client, tmp_path: Path) -> None:
    files = files_of(bundle_of(viewer, tried, tried.delivered.pk))
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    commands = [line.strip() for line in bundle.HOW_TO_VERIFY.splitlines() if line.startswith("    ")]
    assert all(command in files["README.txt"].decode() for command in commands)
    documented = (Path(__file__).parents[3] / "docs" / "security.md").read_text()

    def run(command: str) -> int:
        assert command in documented
        return subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True).returncode  # noqa: S602

    assert [run(command) for command in commands] == [0, 0]
    (tmp_path / "audit.json").write_bytes(files["audit.json"] + b" ")
    assert run(commands[0]) != 0
    (tmp_path / "SHA256SUMS").write_bytes(files["SHA256SUMS"].replace(b"a", b"b", 1))
    assert run(commands[1]) != 0


def changed(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "audit.json": files["audit.json"] + b" "}


def added(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "more.json": b"[]"}


def removed(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name != "attempts.json"}


def signed_by_another(files: dict[str, bytes]) -> dict[str, bytes]:
    SigningKey.objects.all().delete()
    rest = {name: content for name, content in files.items() if name not in bundle.OWN}
    return files_of(bundle.pack({**rest, "audit.json": b"[]"}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed, "audit.json was changed"),
        (added, "not among the sums"),
        (removed, "attempts.json is missing"),
        (signed_by_another, "signature does not fit"),
    ],
)
def test_a_bundle_that_was_touched_is_refused(
    tried: House, viewer: Client, change: Callable[[dict[str, bytes]], dict[str, bytes]], said: str
) -> None:
    packed = bundle_of(viewer, tried, tried.delivered.pk)
    key = signing.public_key()
    assert bundle.faults(packed, key=key) == []
    assert said in " ".join(bundle.faults(packed_as(change(files_of(packed))), key=key))


def test_the_command_exports_and_verifies(tried: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "evidence.zip"
    call_command("evidence", "export", tried.delivered.pk, file)
    with pytest.raises(CommandError, match="File exists"):
        call_command("evidence", "export", tried.delivered.pk, file)
    call_command("evidence", "verify", file)
    assert "as it was signed" in capsys.readouterr().out
    file.write_bytes(packed_as(changed(files_of(file.read_bytes()))))
    with pytest.raises(CommandError, match=r"audit\.json was changed"):
        call_command("evidence", "verify", file)
    file.write_bytes(b"no zip")
    with pytest.raises(CommandError, match="no ZIP"):
        call_command("evidence", "verify", file)


def test_what_retention_removed_is_said_and_its_hash_stays(tried: House, viewer: Client) -> None:
    Payload.objects.filter(pk=tried.delivered.record.payload_id).update(data=None)
    files = files_of(bundle_of(viewer, tried, tried.delivered.pk))
    record = next(r for r in json.loads(files["records.json"]) if r["id"] == tried.delivered.record_id)
    assert (record["content"], len(record["sha256"])) == ("removed by retention", 64)
