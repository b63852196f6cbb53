"""Every address that the portal answers at, asked of Django itself, filled with the rows of a house."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from portal.tenants.models import TenantModel
from tests.integrations.admin.house import House
from tests.portal.customer import pages

OPEN = {
    "start", "get_started", "get_started_any", "catalogue", "catalogue_pair", "invitation", "api:schema",
    "api:reference",
    "api:nothing", "healthz", "readyz", "metrics", "language",
}  # fmt: skip
"""Addresses that say nothing of any tenant to anybody; each has tests of its own."""
PERSONAL = ("account_", "mfa_", "usersessions_", "socialaccount_", "openid_connect_")
"""What people see of themselves alone: allauth's."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address: where it belongs, what it is called, and its path in the house."""

    part: str
    """portal, admin, api, webhook, personal or open."""
    name: str
    path: str
    elsewhere: str = ""
    """The same row under the stranger's own company, where the address names a company."""


def every_route() -> list[tuple[str, str, Any]]:
    """Route, name and view of every address of the resolver."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: Any, before: str, space: str) -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, f"{space}{pattern.name}", pattern
        else:
            yield from _walk(
                pattern.url_patterns, route, space + (f"{pattern.namespace}:" if pattern.namespace else "")
            )


def part_of(route: str, name: str) -> str:
    """Where an address belongs. Raises AssertionError for one that nobody thought of."""
    if name in OPEN:
        return "open"
    if name.startswith(PERSONAL):
        return "personal"
    for beginning, part in (("t/<slug:tenant>/", "portal"), ("admin/", "admin")):
        if route.startswith(beginning):
            return part
    if route.startswith("api/v1/webhooks/"):
        return "webhook"
    if route.startswith("api/v1/"):
        return "api"
    raise AssertionError(f"Nobody said for whom {route} is ({name}): see tests/portal/isolation/addresses.py.")


def every_address(house: House) -> list[Address]:
    """Every address but the webhooks', filled. Raises AssertionError for one that cannot be filled from the house: then
    a row belongs into it."""
    portal = pages.arguments(house)
    found: list[Address] = []
    for route, name, pattern in every_route():
        match part_of(route, name):
            case "portal":
                kwargs = portal.get(name.partition(":")[2], {})
                found.append(
                    Address(
                        "portal",
                        name,
                        _path(name, route, {**kwargs, "tenant": house.tenant.slug}),
                        _path(name, route, {**kwargs, "tenant": house.other.slug}),
                    )
                )
            case "admin":
                found += [Address("admin", name, path) for path in _of_admin(house, name, pattern)]
            case "api":
                found.append(Address("api", name, _path(name, route, _of_api(house, pattern))))
            case part if part != "webhook" and "<" not in route and not _names(pattern):
                found.append(Address(part, name, _path(name, route, {})))
    return found


def _path(name: str, route: str, kwargs: dict[str, Any]) -> str:
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch as error:
        raise AssertionError(f"{route} ({name}) is not tried: say which row of the house it shows. {error}") from error


def _names(pattern: Any) -> list[str]:
    return list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)


def _of_api(house: House, pattern: Any) -> dict[str, Any]:
    """The row by which an address of the API is filled, by its view's model."""
    wanted = [name for name in _names(pattern) if name != "format"]
    if not wanted:
        return {}
    row = row_of(pattern.callback.cls.queryset.model, house)
    return {name: getattr(row, name) for name in wanted}


def _of_admin(house: House, name: str, pattern: Any) -> Iterator[str]:
    """An admin address with a row of its model, and with each of its actions."""
    by_name = {f"{m._meta.app_label}_{m._meta.model_name}": m for m in admin.site._registry}
    model = next((m for key, m in by_name.items() if name.removeprefix("admin:").startswith(f"{key}_")), None)
    choices: dict[str, list[Any]] = {}
    for wanted in _names(pattern):
        if model is None or name.endswith(":None"):
            return  # Django's own: a list of an app, the redirect of an old address, the catch-all
        page = admin.site._registry[model]
        row = row_of(model, house, default=None)
        known = {
            "action": [action.name for action in getattr(page, "person_actions", ())],
            "name": [action.name for action in getattr(page, "person_actions", ())],
            "part": ["raw", "frozen", "text", "content", "request"],
        }
        choices[wanted] = known.get(wanted, [row.pk if row is not None else 1])
    for values in itertools.product(*choices.values()):
        try:
            yield reverse(name, kwargs=dict(zip(choices, values, strict=True)))
        except NoReverseMatch:
            yield reverse(name, args=values)


def row_of(model: type[models.Model], house: House, **default: Any) -> Any:
    """The house's newest row of a model. Raises AssertionError for one that it has none of, unless `default`."""
    rows = model._base_manager.order_by("-pk")
    if issubclass(model, TenantModel):
        rows = rows.filter(tenant=house.tenant)
    found = rows.first()
    if found is None and not default:
        raise AssertionError(f"The house has no {model._meta.label}; put one in, so that its addresses are tried.")
    return found


def belongings(house: House) -> dict[str, list[dict[str, Any]]]:
    """Everything that the house's company has, row by row, to see whether anybody changed it."""
    return {
        model._meta.label: list(model._base_manager.filter(tenant=house.tenant).order_by("pk").values())
        for model in apps.get_models()
        if issubclass(model, TenantModel)
    }
