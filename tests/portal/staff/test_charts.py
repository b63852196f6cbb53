"""Charts: bars that fit, axes that are round, words for those who cannot see them."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.site import charts

START = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def bars(numbers: list[int]) -> list[charts.Bar]:
    return [charts.Bar(START + dt.timedelta(hours=i), n, f"/list?h={i}&x=1") for i, n in enumerate(numbers)]


def drawn(numbers: list[int]) -> ElementTree.Element:
    return ElementTree.fromstring(charts.bars("Delivered", "delivered", bars(numbers), kind="ok"))  # noqa: S314


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (4, 4), (6, 6), (7, 8), (10, 10), (21, 30), (99, 100), (101, 200), (870, 1000)]
)
def test_the_axis_ends_with_a_round_number(most: int, top: int) -> None:
    assert charts.nice_top(most) == top


@given(st.integers(0, 10**9))
def test_the_axis_is_never_lower_than_what_it_shows(most: int) -> None:
    assert charts.nice_top(most) >= max(most, 1)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=48))
def test_every_bar_is_well_formed_and_stays_inside_the_chart(numbers: list[int]) -> None:
    found = drawn(numbers).findall(".//rect")
    assert len(found) == len(numbers)
    for rect in found:
        x, y, width, height = (float(rect.get(name) or 0) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= charts.WIDTH + 0.2
        assert charts.TOP - 1 <= y <= y + height <= charts.HEIGHT - charts.BOTTOM + 2


def test_a_bar_says_its_hour_and_number_and_opens_its_rows() -> None:
    chart = drawn([0, 5])
    links = chart.findall(".//a")
    assert [a.get("href") for a in links] == ["/list?h=1&x=1"], "nothing is behind an empty hour"
    assert links[0].get("aria-label") == "01:00–02:00 UTC: 5 delivered"
    assert chart.find(".//svg").get("aria-label") == "Delivered: 5 in 2 hours"


def test_words_in_a_chart_cannot_become_markup() -> None:
    assert "<b>x" not in str(charts.bars("<b>x", "y", bars([1]), kind="ok"))


@given(st.lists(st.integers(0, 10**6), max_size=40))
def test_a_strip_shows_the_last_reads(numbers: list[int]) -> None:
    strip = ElementTree.fromstring(charts.strip(numbers))  # noqa: S314
    assert len(strip.findall("rect")) == min(len(numbers), 24)


@pytest.mark.parametrize(("share", "kind"), [(1.0, "ok"), (0.29, "wait"), (0.09, "bad"), (0.0, "bad")])
def test_a_gauge_warns_before_it_is_empty(share: float, kind: str) -> None:
    gauge = ElementTree.fromstring(charts.gauge(share))  # noqa: S314
    assert gauge.findall("rect")[1].get("class") == f"bar {kind}"
    assert gauge.get("aria-label") == f"{share:.0%} left"
