"""Operations over the API: asked for once, followed to their end, and only by a key that may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from edi.models import Agreement, PartnerNumber, TradingPartner
from integrations.engine.operations import claim_operation, work_on
from integrations.engine.sessions import Sessions
from integrations.models import Delivery, Flow, Operation, Record, State
from portal.audit.models import AuditEvent
from portal.tenants.models import ApiKey
from tests.portal.api.conftest import Owned

OPERATIONS = "/api/v1/operations"
REPLAY = {"kind": "replay", "selection": {"states": ["failed"]}, "reason": "corrected there"}
PERIOD = {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}


class Operator:
    """Calls the API with a key that may operate."""

    def __init__(self, owned: Owned, *, may_operate: bool = True) -> None:
        with scopes_disabled():
            _, key = ApiKey.issue(tenant=owned.tenant, name=f"operator {may_operate}", may_operate=may_operate)
        self._client, self._key = Client(), key

    def post(self, path: str, body: Any = None, *, name: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self._key}"} | ({"Idempotency-Key": name} if name else {})
        return self._client.post(path, json.dumps(body or {}), content_type="application/json", headers=headers)

    def get(self, path: str, **params: Any) -> Any:
        return self._client.get(path, params, headers={"Authorization": f"Bearer {self._key}"})


@pytest.fixture
def operator(ours: Owned) -> Operator:
    return Operator(ours)


def test_a_replay_is_counted_then_started_and_ends(ours: Owned, operator: Operator) -> None:
    asked = operator.post(OPERATIONS, {**REPLAY, "start": False})
    assert asked.status_code == 202, asked.content
    planned = asked.json()
    assert (planned["state"], planned["ended"]) == ("planned", False)
    assert (planned["plan"]["matched"], planned["plan"]["would_be_sent"]) == (1, 1)
    assert operator.get(asked.headers["Location"]).json()["id"] == planned["id"]
    started = operator.post(f"{OPERATIONS}/{planned['id']}/start")
    assert (started.status_code, started.json()["state"]) == (202, "running")
    with scopes_disabled():
        for _ in range(3):
            Operation.objects.filter(state="running").update(due_at=planned["created_at"])
            operation = claim_operation("w")
            if operation is not None:
                work_on(operation, Sessions())
        assert Delivery.objects.get(pk=ours.delivery.pk).state == State.PENDING
        asked_by = AuditEvent.objects.filter(action="operation.started").values_list("actor_name", flat=True).get()
    assert asked_by.startswith("operator True (mlc_")
    done = operator.get(f"{OPERATIONS}/{planned['id']}").json()
    assert (done["state"], done["ended"]) == ("done", True)
    again = operator.post(f"{OPERATIONS}/{planned['id']}/cancel", {"reason": "too late"})
    assert again.status_code == 400, "what has ended stays as it is"


def test_the_same_request_under_one_name_is_carried_out_once(ours: Owned, operator: Operator) -> None:
    body = {"kind": "dry_run", "flow": ours.flow.pk}
    first, second = (operator.post(OPERATIONS, body, name="night-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    other = operator.post(OPERATIONS, {**body, "reason": "another"}, name="night-1")
    assert other.status_code == 409
    assert str(first.json()["id"]) in other.json()["detail"]
    assert operator.post(OPERATIONS, body).status_code == 202, "without a name each request counts"
    with scopes_disabled():
        assert Operation.objects.exclude(pk=ours.operation.pk).count() == 2


def test_a_refused_request_leaves_its_name_free(ours: Owned, operator: Operator) -> None:
    wrong = {"kind": "reconcile", "flow": ours.flow.pk, "since": PERIOD["until"], "until": PERIOD["since"]}
    refused = operator.post(OPERATIONS, wrong, name="january")
    assert refused.status_code == 400
    assert "ends before it begins" in refused.content.decode()
    right = operator.post(OPERATIONS, {"kind": "reconcile", "flow": ours.flow.pk, **PERIOD}, name="january")
    assert right.status_code == 202


@pytest.mark.parametrize("kind", ["sync", "dry_run", "reconcile", "backfill"])
def test_each_kind_can_be_asked_for_and_cancelled(ours: Owned, operator: Operator, kind: str) -> None:
    body = {"kind": kind, "flow": ours.flow.pk, "reason": "to see", **PERIOD}
    asked = operator.post(OPERATIONS, body)
    assert asked.status_code == 202, asked.content
    assert operator.get(OPERATIONS, kind=kind, state="running").json()["results"][0]["id"] == asked.json()["id"]
    assert operator.get(f"{OPERATIONS}/{asked.json()['id']}/result").json() == []
    if kind == "reconcile":
        unsent = {"kind": "send_unsent", "reconciliation": asked.json()["id"], "reason": "it was off"}
        refused = operator.post(OPERATIONS, unsent)
        assert (refused.status_code, "Reconcile the flow first" in refused.content.decode()) == (400, True)
    ended = operator.post(f"{OPERATIONS}/{asked.json()['id']}/cancel", {"reason": "enough"}).json()
    assert (ended["state"], ended["ended"], ended["problem"]) == ("cancelled", True, "enough")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"kind": "burn"}, "kind"),
        ({"kind": "dry_run"}, "flow"),
        ({"kind": "dry_run", "flow": 999_999}, "no flow 999999"),
        ({"kind": "backfill", "flow": 1}, "since"),
        ({"kind": "replay", "selection": {"colour": "red"}}, "colour"),
        ({"kind": "replay", "selection": {"states": ["lost"]}}, "lost"),
        ({"kind": "replay", "options": {"force": True}}, "say why"),
        ({"kind": "send_unsent"}, "reconciliation"),
        ({"kind": "send_unsent", "reconciliation": 1, "trading_partner": "x"}, "reconciliation"),
        ({"kind": "send_unsent", "trading_partner": "nobody", "reason": "x"}, "no trading partner nobody"),
        ({"kind": "send_unsent", "reconciliation": 999_999}, "no reconciliation 999999"),
    ],
)
def test_what_makes_no_sense_is_said(operator: Operator, body: dict[str, Any], word: str) -> None:
    answer = operator.post(OPERATIONS, body)
    assert answer.status_code == 400
    assert word in answer.content.decode()
    with scopes_disabled():
        assert not Operation.objects.exclude(asked_by_name="somebody").exists()


def test_what_had_no_agreement_is_counted_and_sent_flow_by_flow(ours: Owned, theirs: Owned, operator: Operator) -> None:
    partner, delivery = unagreed(ours)
    body = {"kind": "send_unsent", "trading_partner": partner.key, "reason": "agreed today"}
    assert "say why" in operator.post(OPERATIONS, body | {"reason": ""}).content.decode().lower()
    planned = operator.post(OPERATIONS, body | {"start": False}).json()
    assert (planned["state"], planned["plan"]["would_be_sent"]) == ("planned", 1)
    started = operator.post(OPERATIONS, body, name="agreed-1")
    assert (started.status_code, started.json()["state"]) == (202, "running")
    assert started.json()["flow"] == ours.flow.full_key
    assert operator.post(OPERATIONS, body, name="agreed-1").json()["id"] == started.json()["id"]
    with scopes_disabled():
        while (operation := claim_operation("w")) is not None:
            work_on(operation, Sessions())
        delivery.refresh_from_db()
        assert delivery.state == State.PENDING
    none = operator.post(OPERATIONS, body)
    assert (none.status_code, "Nothing was kept from" in none.content.decode()) == (400, True)
    stranger = Operator(theirs).post(OPERATIONS, body)
    assert "no trading partner" in stranger.content.decode(), "it is another tenant's"


def test_of_several_flows_one_is_stated(ours: Owned, operator: Operator) -> None:
    partner, _ = unagreed(ours)
    with scopes_disabled():
        other = Flow.objects.create(tenant=ours.tenant, integration=ours.integration, key="supplier-invoices")
        unagreed(ours, other)
    body = {"kind": "send_unsent", "trading_partner": partner.key, "reason": "agreed today", "start": False}
    refused = operator.post(OPERATIONS, body)
    assert refused.status_code == 400
    assert str(other.pk) in refused.json()["errors"]["flow"][0]
    planned = operator.post(OPERATIONS, body | {"flow": other.pk})
    assert (planned.status_code, planned.json()["flow"]) == (202, other.full_key)


def unagreed(owned: Owned, flow: Flow | None = None) -> tuple[TradingPartner, Delivery]:
    """A trading partner with whom something is agreed by now, and a delivery that came to nothing before."""
    with scopes_disabled():
        network, tenant = owned.document.interchange.network, owned.tenant
        assert network is not None
        partner, _ = TradingPartner.objects.get_or_create(tenant=tenant, key="lahti-metal", name="Lahden Metalli")
        PartnerNumber.objects.get_or_create(
            tenant=tenant, partner=partner, company="", entity="supplier", number="50001"
        )
        document = "850" if flow is None else "810"
        Agreement.objects.get_or_create(
            tenant=tenant, partner=partner, network=network, document_type=document, direction="out", stream="test",
            sender_id="US", receiver_id="LAHTI",
        )  # fmt: skip
        Flow.objects.filter(integration=owned.integration).update(enabled=True)
        meta = {"entity": "supplier", "number": "50001", "document_type": document, "stream": "test",
                "network": network.key}  # fmt: skip
        row = Delivery.objects.get(pk=owned.delivery.pk)
        Record.objects.filter(pk=row.record_id).update(status="Open")
        if flow is not None:
            row.pk, row.flow, row.operation_key, row.run = None, flow, f"key {flow.pk}", None
        row.state, row.error_class, row.frozen_meta = State.NO_EFFECT, "unmapped", meta
        row.save()
    return partner, row


def test_a_flow_is_paused_with_a_reason_and_goes_on(ours: Owned, operator: Operator) -> None:
    path = f"/api/v1/flows/{ours.flow.pk}"
    assert operator.post(f"{path}/pause").status_code == 400
    assert operator.post(f"{path}/pause", {"reason": "stocktaking"}).json()["paused_reason"] == "stocktaking"
    assert operator.post(f"{path}/resume").json()["paused_reason"] == ""
    with scopes_disabled():
        said = AuditEvent.objects.filter(action__startswith="flow.").order_by("pk").values_list("action", "actor_name")
        assert [action for action, _ in said] == ["flow.paused", "flow.resumed"]
        assert all(name.startswith("operator") for _, name in said)


def test_a_direction_is_stopped_with_a_reason_and_goes_on(ours: Owned, theirs: Owned, operator: Operator) -> None:
    path = f"/api/v1/integrations/{ours.integration.key}"
    assert operator.post(f"{path}/stop", {"to": "visma"}).status_code == 400
    assert operator.post(f"{path}/stop", {"to": "elsewhere", "reason": "x"}).status_code == 400
    assert operator.post(f"{path}/stop", {"to": "visma", "reason": " "}).status_code == 400
    stopped = operator.post(f"{path}/stop", {"to": "visma", "reason": "the month is closed"}).json()
    assert (stopped["visma_stopped"], stopped["partner_stopped"]) == ("the month is closed", "")
    status = operator.get(f"/api/v1/flows/{ours.flow.pk}/status").json()
    assert status["condition"] != "stopped"
    operator.post(f"{path}/stop", {"to": "partner", "reason": "wrong prices"})
    assert operator.get(f"/api/v1/flows/{ours.flow.pk}/status").json()["condition"] == "stopped"
    for to in ("visma", "partner"):
        allowed = operator.post(f"{path}/allow", {"to": to}).json()
    assert (allowed["visma_stopped"], allowed["partner_stopped"]) == ("", "")
    assert operator.post(f"/api/v1/integrations/{theirs.integration.key}x/stop", {"to": "visma"}).status_code == 404
    with scopes_disabled():
        said = AuditEvent.objects.filter(object_type="integration", actor_name__startswith="operator")
        assert [e.action for e in said.order_by("pk")] == ["integration.stopped"] * 2 + ["integration.allowed"] * 2


def test_a_key_that_only_looks_changes_nothing(ours: Owned, operator: Operator) -> None:
    looker = Operator(ours, may_operate=False)
    made = operator.post(OPERATIONS, REPLAY).json()
    assert looker.get(f"{OPERATIONS}/{made['id']}").status_code == 200
    flow = f"/api/v1/flows/{ours.flow.pk}"
    sides = [f"/api/v1/integrations/{ours.integration.key}/{name}" for name in ("stop", "allow")]
    for path in (OPERATIONS, f"{OPERATIONS}/{made['id']}/cancel", f"{flow}/pause", f"{flow}/resume", *sides):
        refused = looker.post(path, {**REPLAY, "reason": "x", "to": "visma"})
        assert refused.status_code == 403, path
        assert "may operate" in refused.json()["detail"]
    with scopes_disabled():
        assert Operation.objects.exclude(pk=ours.operation.pk).count() == 1
        assert Flow.objects.get(pk=ours.flow.pk).paused_reason == ""


def test_nobody_operates_at_another_tenant(ours: Owned, theirs: Owned, operator: Operator) -> None:
    stranger = Operator(theirs)
    made = operator.post(OPERATIONS, REPLAY).json()
    for path in (f"{OPERATIONS}/{made['id']}/cancel", f"{OPERATIONS}/{made['id']}/start"):
        assert stranger.post(path).status_code == 404
    assert stranger.get(f"{OPERATIONS}/{made['id']}/result").status_code == 404
    assert stranger.post(OPERATIONS, {"kind": "dry_run", "flow": ours.flow.pk}).status_code == 400
    assert stranger.post(f"/api/v1/flows/{ours.flow.pk}/pause", {"reason": "x"}).status_code == 404
    foreign = stranger.post(OPERATIONS, {"kind": "replay", "selection": {"ids": [ours.delivery.pk]}, "start": False})
    assert foreign.json()["plan"]["matched"] == 0


def test_a_run_says_what_became_of_all_that_it_read(ours: Owned, operator: Operator) -> None:
    said = operator.get(f"/api/v1/runs/{ours.run.pk}").json()["equation"]
    assert said["adds_up"] is True
    assert said["read"] == sum(said["terms"].values()) == 1
    assert said["terms"]["failed"] == 1
