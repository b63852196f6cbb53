"""Mapping settings are versioned and never change: what was sent names its version and its release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django_scopes import scopes_disabled

from integrations.models import Flow, Integration, MappingVersion
from integrations.services.feeds import flows_as_they_are, save_flow, save_integration
from portal.common.installation import release
from tests.support.harness import Engine
from tests.support.pair import NOON, Pair, install, item

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def engine(db: None) -> Iterator[Engine]:
    pair = Pair()
    remove = install(pair)
    with scopes_disabled():
        yield Engine.make(pair)
    remove()


def change(engine: Engine, **settings: Any) -> bool:
    return save_flow(engine.flow(), enabled=True, settings=settings, actor=None)


def change_integration(engine: Engine, **values: Any) -> None:
    row = Integration.objects.get(pk=engine.integration.pk)
    stated = {"name": row.name, "enabled": row.enabled, "settings": row.settings, **values}
    save_integration(
        tenant=engine.tenant,
        key=row.key,
        books=row.books,
        partner=row.partner,
        flows=flows_as_they_are(row),
        actor=None,
        **stated,
    )


def versions(engine: Engine) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    rows = MappingVersion.objects.filter(flow=engine.flow()).order_by("number")
    return [(v.number, v.flow_settings, v.integration_settings) for v in rows]


def test_rule_25_each_change_of_a_setting_is_a_version_and_nothing_else_is(engine: Engine) -> None:
    assert versions(engine) == [(1, {}, {})]
    change(engine, statuses=["Open", "Printed"])
    change(engine, statuses=["Open", "Printed"])
    save_flow(engine.flow(), enabled=False, settings={"statuses": ["Open", "Printed"]}, actor=None)
    change_integration(engine, name="Another name")
    change_integration(engine, settings={"stream": "live"})
    assert versions(engine) == [
        (1, {}, {}),
        (2, {"statuses": ["Open", "Printed"]}, {}),
        (3, {"statuses": ["Open", "Printed"]}, {"stream": "live"}),
    ]
    assert engine.flow().mapping_version == 3
    assert {v.release for v in MappingVersion.objects.all()} == {release()}


def test_rule_25_what_was_sent_names_its_version_and_release(engine: Engine) -> None:
    engine.send(item("1"))
    change(engine, cancel_statuses=["Closed"])
    engine.send(item("1", "second", at=NOON + HOUR))
    stamps = [d.settings_used for d in engine.deliveries()]
    assert [s["mapping_version"] for s in stamps] == [1, 2]
    assert {s["release"] for s in stamps} == {release()}
    said = MappingVersion.objects.get(flow=engine.flow(), number=stamps[0]["mapping_version"])
    assert said.flow_settings == {}, "it still says what it said then"


def test_rule_25_a_version_never_changes(engine: Engine) -> None:
    row = MappingVersion.objects.get(flow=engine.flow())
    row.flow_settings = {"statuses": []}
    with pytest.raises(ValidationError, match="never changes"):
        row.save()
    assert versions(engine) == [(1, {}, {})]


def test_rule_25_the_database_itself_keeps_a_version_as_it_is(engine: Engine) -> None:
    rows = MappingVersion.objects.filter(flow=engine.flow())
    for change_of_it in ({"flow_settings": {"statuses": []}}, {"number": 7}, {"release": "another"}):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            rows.update(**change_of_it)
    rows.update(made_by=None)  # an account that is deleted
    assert versions(engine) == [(1, {}, {})]


def test_flows_of_a_release_that_kept_no_versions_begin_with_the_one_they_had(engine: Engine) -> None:
    MappingVersion.objects.all().delete()
    Flow.objects.update(mapping_version=4)
    change(engine, statuses=["Open", "Printed"])
    assert versions(engine) == [(4, {}, {}), (5, {"statuses": ["Open", "Printed"]}, {})]
