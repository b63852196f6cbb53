"""Marks in notes: found again, written once, people's words untouched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integrations.systems.visma import marks


def test_a_mark_stands_on_its_own_line():
    assert marks.marked("Ring innan leverans", "860 77", saying="accepted") == (
        "Ring innan leverans\n[ml-connector 860 77] accepted"
    )
    assert marks.marked("", "860 77") == "[ml-connector 860 77]"
    assert marks.marked(None, "860 77") == "[ml-connector 860 77]"


def test_one_mark_is_not_another():
    assert not marks.is_marked(marks.mark("860 771"), "860 77")


@given(note=st.text(max_size=50), text=st.text(min_size=1, max_size=30))
def test_marking_twice_is_marking_once(note: str, text: str):
    once = marks.marked(note, text)
    assert marks.is_marked(once, text)
    assert marks.marked(once, text) == once
    assert once.startswith(note.rstrip())
