"""The live test is seen line by line, while it runs, by whoever looks at the connection."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.http.errors import ConfigError
from integrations.http.session import Session
from integrations.models import Connection
from integrations.services import connections as services
from integrations.systems.contract import Step
from integrations.systems.registry import system
from tests.integrations.admin.house import House
from tests.portal.customer.test_choices_and_preview import address, operator
from tests.support.world import World

__all__ = ["operator"]


@pytest.mark.django_db(transaction=True)
def test_each_step_is_on_the_page_before_the_next_begins(
    world: World, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, pages = system("visma"), []
    url = address(world, "connection", "visma")

    def watched(connection: Connection, session: Session) -> Iterator[Step]:
        pages.append(("", operator.get(url).content.decode()))
        for step in spec.checks(connection, session):
            yield step
            pages.append((step.name, operator.get(url).content.decode()))

    monkeypatch.setattr(services, "system", lambda key: dataclasses.replace(spec, checks=watched))
    done = operator.post(address(world, "connection_act", "visma", "test"), follow=True).content.decode()
    names = [name for name, _ in pages if name]
    assert len(names) > 3
    for count, (_name, page) in enumerate(pages):
        assert 'aria-busy="true"' in page
        assert 'hx-trigger="every 1s"' in page
        assert [name for name in names if f"<b>{name}</b>" in page] == names[:count]
    assert 'aria-busy="true"' not in done
    assert all(f"<b>{name}</b>" in done for name in names)
    assert Connection.objects.get(key="visma").checking_until is None


def page_of(house: House, client: Client, **query: Any) -> str:
    return client.get(reverse("customer:connection", args=[house.tenant.slug, house.visma.key]), query).content.decode()


def test_a_test_whose_process_died_is_over_after_a_while(house: House, viewer: Client) -> None:
    now = timezone.now()
    Connection.objects.filter(pk=house.visma.pk).update(checking_until=now + dt.timedelta(seconds=30))
    assert 'aria-busy="true"' in page_of(house, viewer)
    Connection.objects.filter(pk=house.visma.pk).update(checking_until=now - dt.timedelta(seconds=1))
    assert 'aria-busy="true"' not in page_of(house, viewer)


def test_a_test_that_cannot_begin_is_over_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def session(connection: Connection) -> Session:
        raise ConfigError("No secret is stored.")

    spec = dataclasses.replace(system("visma"), session=session)
    monkeypatch.setattr(services, "system", lambda key: spec)
    services.check_connection(house.visma)
    house.visma.refresh_from_db()
    assert house.visma.checking_until is None
    assert [s["ok"] for s in house.visma.check_steps] == [False]


def test_looking_for_the_beginning_of_a_test_ends(house: House, operator_of_house: Client) -> None:
    assert "?look=0" in page_of(house, operator_of_house)
    assert "?look=1" in page_of(house, operator_of_house, look="0")
    looked = page_of(house, operator_of_house, look="8").partition("<footer")[0]  # which leads back to this page
    assert "?look=" not in looked
    assert "?look=1" in page_of(house, operator_of_house, look="what")


@pytest.fixture
def operator_of_house(customers: Any) -> Client:
    from tests.integrations.admin.house import client_of

    return client_of(customers.operator)
