"""JSON Patch: what a difference says, applied, gives what was wanted, and nothing else is ever changed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.flows.patch import ABSENT, PatchRefused, apply, changed_paths, difference, read

LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/~0", max_size=3)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~1", max_size=2), inner, max_size=4),
    max_leaves=12,
)


def said(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(VALUES, VALUES)
def test_the_difference_makes_one_of_the_other(before: Any, after: Any) -> None:
    untouched = copy.deepcopy(before)
    patch = difference(before, after)
    assert said(apply(before, patch)) == said(after)
    assert before == untouched
    assert (patch == []) == (said(before) == said(after))


@given(VALUES, VALUES, VALUES)
def test_a_patch_never_changes_what_it_was_not_made_for(before: Any, after: Any, other: Any) -> None:
    """Either all that it replaces stands there, or it is refused."""
    patch = difference(before, after)
    try:
        result = apply(other, patch)
    except PatchRefused:
        return
    for step in patch:
        if step["op"] == "test" and step["path"] == "":
            assert result == after


def test_it_says_what_stood_there() -> None:
    before = {"number": "1", "lines": [{"unit": "EA"}, {"unit": "KG"}]}
    after = {"number": "1", "lines": [{"unit": "CA"}], "note": "x"}
    assert difference(before, after) == [
        {"op": "test", "path": "/lines/0/unit", "value": "EA"},
        {"op": "replace", "path": "/lines/0/unit", "value": "CA"},
        {"op": "test", "path": "/lines/1", "value": {"unit": "KG"}},
        {"op": "remove", "path": "/lines/1"},
        {"op": "add", "path": "/note", "value": "x"},
    ]
    assert changed_paths(difference(before, after)) == ["/lines/0/unit", "/lines/1", "/note"]


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ([{"op": "replace", "path": "/gone", "value": 1}], "nothing at /gone"),
        ([{"op": "remove", "path": "/lines/7"}], "nothing at /lines/7"),
        ([{"op": "test", "path": "/number", "value": "2"}], "not “2”"),
        ([{"op": "test", "path": "/yes", "value": 1}], "as the edit expects"),
        ([{"op": "add", "path": "/lines/9", "value": 1}], "no place in the list"),
        ([{"op": "add", "path": "/number/deep", "value": 1}], "to put deep into"),
        ([{"op": "add", "path": "number", "value": 1}], "begins with a slash"),
        ([{"op": "move", "path": "/number", "from": "/lines"}], "has an op"),
        ([{"op": "add", "path": "/number"}], "has no value"),
        (["nonsense"], "has an op"),
        ([{"op": "remove", "path": ""}], "whole document"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(patch: list[Any], said: str) -> None:
    document = {"number": "1", "lines": [], "yes": True}
    with pytest.raises(PatchRefused, match=said):
        apply(document, patch)
    assert document == {"number": "1", "lines": [], "yes": True}


def test_places_are_read_as_pointers() -> None:
    document = {"a/b": {"~": [1, 2]}}
    assert read(document, "/a~1b/~0/1") == 2
    assert read(document, "/a~1b/~0/2") is ABSENT
    assert read(document, "") is document
