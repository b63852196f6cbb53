"""A house with a row of everything, and the people who look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from tests.integrations.admin.house import House, build_house, client_of


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """The test looks at it as staff does, over all tenants."""
    with scopes_disabled():
        yield build_house()


@pytest.fixture
def staff(house: House) -> Client:
    return client_of(house.staff)


@pytest.fixture
def root(house: House) -> Client:
    return client_of(house.root)
