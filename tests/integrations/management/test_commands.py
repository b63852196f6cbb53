"""`flows`, `sync`, `replay`, `doctor`, `verify_audit`: names and answers are a contract."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from integrations.flows.registry import all_flows
from integrations.models import Delivery, Record, State
from portal.audit import trail
from portal.audit.models import AuditEvent
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_flows_lists_every_flow(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("flows", "--json")
    rows = json.loads(capsys.readouterr().out)
    assert {row["key"] for row in rows} == set(all_flows())
    assert all({"key", "direction", "source", "target", "schedule"} <= set(row) for row in rows)
    call_command("flows")
    assert "visma-cleo.purchase-orders" in capsys.readouterr().out


def test_the_documentation_names_every_flow() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "flows.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([a-z-]+\.[a-z-]+)` \|", text, re.MULTILINE))
    assert named == set(all_flows())


class TestSync:
    def test_until_everything_is_settled(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("sync", "--tenant", world.tenant.slug, "--json")
        first = json.loads(capsys.readouterr().out)
        assert first["visma-cleo.purchase-orders"]["delivered"] > 0
        assert all(line["waiting"] == line["in_doubt"] == 0 for line in first.values())
        members = {"read", "delivered", "unchanged", "waiting", "failed", "in_doubt", "calls"}
        assert all(set(line) == members for line in first.values())
        call_command("sync", "--tenant", world.tenant.slug, "--json")
        second = json.loads(capsys.readouterr().out)
        assert all(line["delivered"] == 0 and line["calls"] == 1 for line in second.values())

    def test_one_flow_alone(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("sync", "--flow", "visma-cleo.purchase-orders", "--json")
        assert list(json.loads(capsys.readouterr().out)) == ["visma-cleo.purchase-orders"]
        sent = {d.flow.full_key for d in world.deliveries() if d.state == State.DELIVERED}
        assert sent == {"visma-cleo.purchase-orders"}

    def test_a_dry_run_writes_nothing_anywhere(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("sync", "--flow", "visma-orderful.purchase-orders", "--dry-run", "--json")
        plans = json.loads(capsys.readouterr().out)
        assert {"create", "nothing", "not_yet"} <= {plan["action"] for plan in plans}
        assert all(plan["what"] for plan in plans)
        assert not Record.objects.exists()
        assert not Delivery.objects.exists()
        assert world.feed("purchase-orders").read_until is None
        assert not world.simulators.rows("orderful", "transactions")
        call_command("sync", "--flow", "visma-orderful.purchase-orders", "--json")
        done = json.loads(capsys.readouterr().out)["visma-orderful.purchase-orders"]
        assert done["delivered"] == sum(plan["action"] == "create" for plan in plans)

    @pytest.mark.parametrize(
        ("arguments", "said"), [(["--flow", "visma-x.y"], "no flow called"), (["--tenant", "nobody"], "no tenant")]
    )
    def test_what_is_not_there(self, world: World, arguments: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("sync", *arguments)


def test_replay_refuses_what_would_double(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sync", "--flow", "visma-cleo.purchase-orders", "--json")
    delivered = next(d for d in world.deliveries(state=State.DELIVERED))
    with pytest.raises(CommandError, match="nothing is sent twice"):
        call_command("replay", str(delivered.pk))
    with pytest.raises(CommandError, match="say why"):
        call_command("replay", str(delivered.pk), "--force")
    with pytest.raises(CommandError, match="no delivery"):
        call_command("replay", "999999999")
    call_command("replay", str(delivered.pk), "--force", "--reason", "The partner lost it")
    copy = Delivery.objects.get(replays=delivered)
    assert (copy.lane, copy.state, copy.operation_key == delivered.operation_key) == (
        delivered.lane, State.PENDING, False,
    )  # fmt: skip
    assert AuditEvent.objects.filter(action="delivery.forced", summary__contains="The partner lost it").count() == 1


class TestVerifyAudit:
    def test_an_untouched_trail(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("verify_audit")
        assert f"{world.tenant.slug}: intact" in capsys.readouterr().out

    def test_a_changed_line_is_found(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        trail.seal_events(world.tenant)
        event = AuditEvent.objects.order_by("id").first()
        assert event is not None
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
                cursor.execute("UPDATE audit_auditevent SET summary = 'nothing happened' WHERE id = %s", [event.pk])
                cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")
            else:
                cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_event_no_update'")
                trigger = cursor.fetchone()[0]
                cursor.execute("DROP TRIGGER audit_event_no_update")
                cursor.execute("UPDATE audit_auditevent SET summary = 'nothing happened' WHERE id = %s", [event.pk])
                cursor.execute(trigger)
        with pytest.raises(CommandError):
            call_command("verify_audit", "--tenant", world.tenant.slug)
        assert "BROKEN at seal 1" in capsys.readouterr().out


class TestDoctor:
    def test_what_is_missing_is_said_with_its_remedy(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(CommandError, match="need somebody"):
            call_command("doctor", "--no-connections")
        out = capsys.readouterr().out
        assert "NOT  Worker: none has ever run" in out
        assert "manage.py qcluster" in out
        assert "ok   Keys" in out

    def test_connections_are_tried(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        broken = world.connection("cleo")
        broken.secrets = {"password": "wrong"}
        broken.save()
        with pytest.raises(CommandError):
            call_command("doctor")
        out = capsys.readouterr().out
        assert f"ok   Connection {world.tenant.slug}/visma" in out
        assert f"NOT  Connection {world.tenant.slug}/cleo" in out
        assert "wrong" not in out.replace("wrong user", "")
