"""What load balancers and monitoring are told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_scopes import scopes_disabled
from encrypted_model_fields import fields as package

from portal.common.clock import db_now
from portal.common.installation import beat
from portal.common.models import Installation
from tests.integrations.admin.house import build_house

pytestmark = pytest.mark.django_db


@pytest.fixture
def wrong_key(monkeypatch: pytest.MonkeyPatch) -> None:
    beat("host-1")
    monkeypatch.setattr(package, "CRYPTER", MultiFernet([Fernet(Fernet.generate_key())]))


def ready(query: str = "") -> tuple[int, dict[str, str]]:
    answer = Client().get(f"/readyz{query}")
    return answer.status_code, answer.json()


def test_alive_needs_no_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/healthz").status_code == 200


def test_ready_says_how_everything_is() -> None:
    beat("host-1")
    parts = {"database", "migrations", "keys", "epoch", "worker"}
    assert ready("?worker=1") == (200, dict.fromkeys(parts, "ok"))


def test_a_late_worker_counts_only_where_it_is_asked_for() -> None:
    beat("host-1")
    Installation.objects.update(heartbeat_at=db_now() - dt.timedelta(minutes=4))
    assert ready() == (200, ready()[1])
    assert ready()[1]["worker"] == "late"
    assert ready("?worker=1")[0] == 503


def test_a_wrong_key_is_not_ready_and_says_nothing_of_it(wrong_key: None) -> None:
    assert ready() == (503, {"database": "ok", "migrations": "ok", "keys": "wrong"})


def test_a_wrong_key_fails_the_check_at_boot(wrong_key: None) -> None:
    with pytest.raises(SystemCheckError, match=r"portal\.E006"):
        call_command("check", databases=["default"])


def test_a_database_that_is_away_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> str:
        raise DatabaseError("password of the database is in this text")

    monkeypatch.setattr("portal.api.health._migrations", away)
    assert ready() == (503, {"database": "away"})


@pytest.mark.parametrize(("token", "shown"), [("", ""), ("", "Bearer "), ("right", ""), ("right", "Bearer wrong")])
def test_metrics_are_not_there_without_their_token(settings: Any, token: str, shown: str) -> None:
    settings.METRICS_TOKEN = token
    assert Client().get("/metrics", headers={"Authorization": shown}).status_code == 404


def test_metrics_tell_how_the_work_goes(settings: Any) -> None:
    settings.METRICS_TOKEN = "right"
    with scopes_disabled():
        build_house()
    with CaptureQueriesContext(connection) as taken:
        text = Client().get("/metrics", headers={"Authorization": "Bearer right"}).content.decode()
    for line in (
        'connector_deliveries{state="failed",tenant="bruket"} 1.0',
        'connector_deliveries_due{tenant="bruket"} 1.0',
        'connector_issues{tenant="bruket",who="customer"} 1.0',
        'connector_budget_used{budget="visma: Visma",tenant="bruket"} 480.0',
        'connector_feed_lag_seconds{feed="visma/purchase-orders",tenant="bruket"}',
        "connector_heartbeat_age_seconds",
    ):
        assert line in text, line
    assert len(taken) <= 16
