"""What people do to integrations, flows and feeds."""

from __future__ import annotations

import datetime as dt
import importlib
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from integrations.engine.read import claim_feed
from integrations.models import Feed, Flow, Integration
from integrations.services.feeds import (
    add_new_flows,
    flows_as_they_are,
    pause_feed,
    pause_flow,
    resume_flow,
    save_flow,
    save_integration,
    set_cursor,
)
from integrations.services.setting_values import checked
from integrations.services.sides import allow_side, stop_side
from integrations.services.tenants import allow_sending, stop_sending
from integrations.systems.contract import Setting
from integrations.tasks import tick
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.common.clock import db_now
from tests.support.harness import WORKER, Engine

HOUR = dt.timedelta(hours=1)


def save(engine: Engine, flows: dict[str, Any], **more: Any) -> bool:
    values: dict[str, Any] = {
        "tenant": engine.tenant,
        "key": "ledger-exchange",
        "name": "Ledger and Exchange",
        "books": engine.ledger,
        "partner": engine.exchange,
        "enabled": True,
        "settings": {},
        "actor": None,
    }
    return save_integration(flows=flows, **{**values, **more})[1]


def test_saving_what_is_there_changes_nothing(engine: Engine) -> None:
    lines = AuditEvent.objects.count()
    assert save(engine, {"papers": {}}) is False
    assert AuditEvent.objects.count() == lines


def test_a_flow_that_is_not_named_is_off_and_keeps_its_feed(engine: Engine) -> None:
    save(engine, {"events": {}})
    assert {f.key: f.enabled for f in Flow.objects.all()} == {"papers": False, "events": True}
    assert Feed.objects.count() == 1


def test_one_flow_is_changed_without_its_neighbours(engine: Engine) -> None:
    save(engine, {"papers": {"settings": {"statuses": ["Open", "Closed"]}}, "events": {}})
    flow = engine.flow("events")
    assert save_flow(flow, enabled=False, settings={}, actor=None) is True
    assert save_flow(engine.flow("events"), enabled=False, settings={}, actor=None) is False
    assert flows_as_they_are(engine.integration) == {
        "papers": {"enabled": True, "settings": {"statuses": ["Open", "Closed"]}},
        "events": {"enabled": False, "settings": {}},
    }


def test_flows_of_a_new_release_appear_switched_off_once(engine: Engine) -> None:
    """The integration was saved before there was the flow of events."""
    engine.integration.flows.get(key="events").delete()
    before = AuditEvent.objects.filter(action="integration.changed").count()
    tick()
    made = engine.flow("events")
    assert (made.enabled, made.live_from, made.mapping_version) == (False, None, 1)
    assert engine.flow("papers").enabled
    said = list(AuditEvent.objects.filter(action="integration.changed").order_by("pk"))
    assert len(said) == before + 1
    assert "events came with release" in said[-1].summary
    assert add_new_flows() == 0


def test_a_flow_is_live_from_when_it_was_first_switched_on_in_what_is_live(engine: Engine) -> None:
    Flow.objects.update(live_from=None)
    save(engine, {"papers": {}}, enabled=False)
    assert engine.flow().live_from is None
    before = db_now()
    save(engine, {"papers": {}})
    first = engine.flow().live_from
    assert first is not None
    assert before <= first <= db_now()
    assert engine.flow("events").live_from is None
    save(engine, {"events": {}})
    save(engine, {"papers": {}})
    assert engine.flow().live_from == first, "whoever switches it off and on loses nothing that came meanwhile"


def test_flows_of_an_earlier_release_are_live_from_what_their_trail_says(engine: Engine) -> None:
    migration = importlib.import_module("integrations.migrations.0023_flow_live_from")
    Flow.objects.update(live_from=None)
    save(engine, {"papers": {}})
    for asked in (None, db_now() - 40 * HOUR):
        if asked is not None:
            details = {"start": asked.isoformat()}
            about = {"object_type": "integration", "object_id": engine.integration.pk, "details": details}
            trail.record(trail.event(engine.tenant, "integration.live", "It is live.", **about))
        Flow.objects.update(live_from=None)
        migration.note_when_they_went_live(apps, None)
        assert engine.flow().live_from == (asked or engine.integration.created_at)
        assert engine.flow("events").live_from is None


@pytest.mark.parametrize("value", ["soon", "2026-13-01", True])
def test_a_setting_that_is_a_moment_is_a_day_or_a_time(value: Any) -> None:
    setting = Setting(name="since", label="Since", kind="moment")
    assert [checked(setting, said) for said in ("2026-02-01", " 2026-02-01T14:00 ", dt.date(2026, 2, 1))] == [
        "2026-02-01",
        "2026-02-01T14:00",
        "2026-02-01",
    ]
    with pytest.raises(ValidationError, match="as 2026-08-31"):
        checked(setting, value)


@pytest.mark.parametrize(
    ("flows", "says"),
    [
        ({"paperz": {}}, "no flow called paperz"),
        ({"papers": {"settings": {"stati": []}}}, "no setting called stati"),
        ({"papers": {"settings": {"statuses": "Open"}}}, "no list of texts"),
        ({"papers": {"settings": {"statuses": ["Open", 3]}}}, "no list of texts"),
    ],
)
def test_wrong_flows_are_refused_and_nothing_is_saved(engine: Engine, flows: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        save(engine, flows, name="Another name")
    assert says in " ".join(caught.value.messages)
    assert Integration.objects.get().name == "Ledger and Exchange"


def test_two_connections_that_do_not_go_together(engine: Engine) -> None:
    with pytest.raises(ValidationError, match="no integration of exchange and ledger"):
        save(engine, {}, books=engine.exchange, partner=engine.ledger)


def test_reasons_are_asked_for(engine: Engine) -> None:
    for act in (
        lambda: pause_feed(engine.feed, reason=" ", actor=None),
        lambda: pause_flow(engine.flow(), reason="", actor=None),
        lambda: set_cursor(engine.feed, read_until=None, reason="", actor=None),
        lambda: stop_sending(engine.tenant, reason="", actor=None),
        lambda: stop_side(engine.integration, "books", reason=" ", actor=None),
    ):
        with pytest.raises(ValidationError):
            act()


def test_a_cursor_cannot_lie_in_the_future_nor_move_while_it_is_read(engine: Engine) -> None:
    with pytest.raises(ValidationError, match="future"):
        set_cursor(engine.feed, read_until=db_now() + HOUR, reason="x", actor=None)
    engine.due()
    claim_feed(WORKER)
    with pytest.raises(ValidationError, match="being read right now"):
        set_cursor(engine.feed, read_until=None, reason="x", actor=None)


def test_what_is_paused_and_stopped_is_told(engine: Engine) -> None:
    flow = engine.flow()
    pause_flow(flow, reason="we look first", actor=None)
    assert engine.flow().paused_reason == "we look first"
    resume_flow(flow, actor=None)
    stop_sending(engine.tenant, reason="stocktaking", actor=None)
    engine.tenant.refresh_from_db()
    assert engine.tenant.sending_stopped
    allow_sending(engine.tenant, actor=None)
    stop_side(engine.integration, "partner", reason="wrong prices", actor=None)
    engine.integration.refresh_from_db()
    assert (engine.integration.books_stopped, engine.integration.partner_stopped) == ("", "wrong prices")
    allow_side(engine.integration, "partner", actor=None)
    told = ("flow.", "tenant.", "integration.stopped", "integration.allowed")
    assert [a for a in engine.audited() if a.startswith(told)] == [
        "flow.paused",
        "flow.resumed",
        "tenant.sending_stopped",
        "tenant.sending_allowed",
        "integration.stopped",
        "integration.allowed",
    ]


def test_who_saves_settings_takes_back_nobodys_stop(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody stops and pauses between the read of the rows and their save."""
    looks = Integration.clean

    def meanwhile(row: Integration) -> None:
        looks(row)
        stop_side(engine.integration, "partner", reason="wrong prices", actor=None)

    monkeypatch.setattr(Integration, "clean", meanwhile)
    save(engine, {"papers": {}}, name="Renamed")
    row = Integration.objects.get(pk=engine.integration.pk)
    assert (row.name, row.partner_stopped) == ("Renamed", "wrong prices")


def test_what_an_earlier_release_took_holds_up_no_neighbour(engine: Engine) -> None:
    """A value that is refused today stands in a flow: another flow can be switched, and this one corrected."""
    stale = {"statuses": ["Ready"]}
    Flow.objects.filter(pk=engine.flow().pk).update(settings=stale)
    save(engine, {"papers": {"settings": stale}, "events": {}})
    assert engine.flow("events").enabled
    assert engine.flow().settings == stale
    with pytest.raises(ValidationError, match="'Ready' is none of Hold, Open"):
        save(engine, {"papers": {"settings": {**stale, "cancel_statuses": ["Closed"]}}})
