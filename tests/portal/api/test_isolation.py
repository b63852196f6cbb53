"""Nobody sees another tenant's anything: every address of the API, with each key and with none."""

from __future__ import annotations

import re

import pytest
from django.urls import get_resolver

from tests.portal.api.conftest import Caller, Owned

NAMES = (
    "connections",
    "integrations",
    "flows",
    "feeds",
    "documents",
    "runs",
    "records",
    "deliveries",
    "issues",
    "operations",
)
LISTS = [f"/api/v1/{name}" for name in (*NAMES, "subscribers", "messages")]
OPEN = {"api/schema/", "api/reference/"}
"""Addresses that need no key: they say nothing of any tenant."""


def test_every_address_of_the_api_is_covered(ours: Owned) -> None:
    """A new address must be added here, or it is tried by nobody."""
    found = {
        f"api/{entry.pattern}"
        for resolver in get_resolver().url_patterns
        if str(resolver.pattern) == "api/"
        for entry in resolver.url_patterns
        if not hasattr(entry, "url_patterns")
    }
    inner = {
        str(entry.pattern).strip("^$")
        for resolver in get_resolver().url_patterns
        if str(resolver.pattern) == "api/"
        for nested in resolver.url_patterns
        if hasattr(nested, "url_patterns") and str(nested.pattern) == "v1/"
        for entry in nested.url_patterns
    }
    assert found >= {*OPEN, "api/v1/status"}
    tried = {path.removeprefix("/api/v1/").partition("/")[0] for path in [*LISTS, *ours.paths()]}
    assert {name.partition("/")[0] for name in inner if "webhooks" not in name} <= tried


@pytest.mark.parametrize("path", [*LISTS, "/api/v1/status"])
def test_a_key_is_needed(ours: Owned, path: str) -> None:
    assert Caller().get(path).status_code == 401
    assert Caller("mlc_0123456789_guessed").get(path).status_code == 401
    assert Caller(ours.key + "x").get(path).status_code == 401
    assert Caller(ours.key).get(path).status_code == 200


def test_single_rows_of_others_do_not_exist(ours: Owned, theirs: Owned) -> None:
    for path in ours.paths():
        assert Caller().get(path).status_code == 401, path
        assert Caller(ours.key).get(path).status_code == 200, path
        foreign, missing = (
            Caller(theirs.key).get(path),
            Caller(theirs.key).get(re.sub(r"(/v1/\w+/[^/]+)", r"\g<1>999999", path)),
        )
        assert foreign.status_code == missing.status_code == 404, path
        assert foreign.content == missing.content, "an answer tells that the row exists"


def test_lists_hold_own_rows_only(ours: Owned, theirs: Owned) -> None:
    for path in LISTS:
        text = Caller(theirs.key).get(path).content.decode()
        assert "theirs" in text or '"id"' in text, path
        assert "ours" not in text, path


def test_filters_do_not_reach_others(ours: Owned, theirs: Owned) -> None:
    found = Caller(theirs.key).get("/api/v1/deliveries", business_number="500001-ours").json()
    assert found["results"] == []
    assert len(Caller(ours.key).get("/api/v1/deliveries", business_number="500001-ours").json()["results"]) == 1


def test_no_secret_is_in_any_answer(ours: Owned) -> None:
    for path in [*LISTS, *ours.paths(), "/api/v1/status"]:
        text = Caller(ours.key).get(path).content.decode()
        assert "hemligt" not in text, path
        assert "whsec_" not in text, path
