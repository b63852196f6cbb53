"""Routes of simulators."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.routing import Match, Router, route


class Handlers:
    """Some routes that compete."""

    @route("GET", "/v1/supplier")
    @route("GET", "/v2/supplier")
    def many(self) -> str:
        return "many"

    @route("GET", "/v1/supplier/<number>")
    def one(self, number: str) -> str:
        return f"one {number}"

    @route("PUT", "/v1/supplier/<number>")
    def put(self, number: str) -> str:
        return f"put {number}"

    @route("GET", "/v1/supplier/supplierClass", open=True)
    def classes(self) -> str:
        return "classes"

    @route("GET", "/v1/supplier/<int:line>/lines")
    def line(self, line: int) -> str:
        return f"line {line + 1}"

    @route("GET", "/files/<path:name>")
    def file(self, name: str) -> str:
        return f"file {name}"

    @route("GET", "/files/<path:name>/content")
    def content(self, name: str) -> str:
        return f"content {name}"


def call(path: str, *, method: str = "GET", ignore_case: bool = False) -> Any:
    found = Router(Handlers(), ignore_case=ignore_case).match(method, path)
    return found.handler(**found.arguments) if isinstance(found, Match) else found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/supplier", "many"),
        ("/v1/supplier/", "many"),
        ("/v2/supplier", "many"),
        ("/v1/supplier/50001", "one 50001"),
        ("/v1/supplier/supplierClass", "classes"),
        ("/v1/supplier/a%2Fb%20c", "one a/b c"),
        ("/v1/supplier/7/lines", "line 8"),
        ("/v1/supplier/x/lines", set()),
        ("/files/a/b/c.edi", "file a/b/c.edi"),
        ("/files/a/b/content", "content a/b"),
        ("/v1/Supplier", set()),
        ("/", set()),
    ],
)
def test_paths(path: str, expected: object) -> None:
    assert call(path) == expected


def test_case_can_be_ignored_and_values_keep_theirs() -> None:
    assert call("/V1/SUPPLIER/AbC", ignore_case=True) == "one AbC"
    assert call("/v1/supplier/SUPPLIERCLASS", ignore_case=True) == "classes"


def test_a_known_path_names_its_methods() -> None:
    assert call("/v1/supplier/1", method="DELETE") == {"GET", "PUT"}
    assert call("/v1/supplier/1", method="HEAD") == "one 1"


@given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text != "supplierClass"))
def test_any_key_survives_the_path(key: str) -> None:
    assert call(f"/v1/supplier/{quote(key, safe='')}") == f"one {key}"
