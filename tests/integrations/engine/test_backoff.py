"""Pauses after failures."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from integrations.engine.backoff import CAP, FIRST, pause_after


@given(st.integers(min_value=0, max_value=10_000))
def test_rule_11_a_pause_is_jittered_and_bounded(failures: int) -> None:
    pause = pause_after(failures)
    assert dt.timedelta(0) < pause <= CAP
    assert pause <= FIRST * 2 ** min(failures, 16)


@given(st.integers(min_value=0, max_value=50), st.timedeltas(dt.timedelta(0), dt.timedelta(days=1)))
def test_rule_11_it_is_never_shorter_than_asked(failures: int, asked: dt.timedelta) -> None:
    assert pause_after(failures, at_least=asked) >= asked


def test_rule_11_pauses_grow() -> None:
    shortest = [min(pause_after(n) for _ in range(200)) for n in (0, 4, 8)]
    assert shortest == sorted(shortest)
    assert shortest[2] > 10 * shortest[0]
