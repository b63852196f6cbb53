"""A house with a row of everything, and the customers who look at it: one of each role, and one from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from portal.tenants.models import Membership, Role, User
from tests.integrations.admin.house import PASSWORD, House, build_house, client_of


@dataclass(frozen=True, slots=True)
class Customers:
    """Who looks."""

    owner: User
    operator: User
    viewer: User
    stranger: User


@pytest.fixture
def house(db: None) -> Iterator[House]:
    with scopes_disabled():
        yield build_house()


@pytest.fixture
def customers(house: House) -> Customers:
    made = []
    for name, tenant, role in (
        ("operator", house.tenant, Role.OPERATOR),
        ("viewer", house.tenant, Role.VIEWER),
        ("stranger", house.other, Role.OWNER),
    ):
        user = User.objects.create_user(name, f"{name}@house.example", PASSWORD)
        Membership.objects.create(tenant=tenant, user=user, role=role)
        made.append(user)
    return Customers(house.customer, *made)


@pytest.fixture
def owner(customers: Customers) -> Client:
    return client_of(customers.owner)


@pytest.fixture
def operator(customers: Customers) -> Client:
    return client_of(customers.operator)


@pytest.fixture
def viewer(customers: Customers) -> Client:
    return client_of(customers.viewer)


@pytest.fixture
def stranger(customers: Customers) -> Client:
    return client_of(customers.stranger)


@pytest.fixture
def staff(house: House) -> Client:
    return client_of(house.staff)
