"""The second opinion: pyx12 on maps from the same description."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edi.x12.reference import Verdict, difference, judge
from edi.x12.segments import Segment, TransactionSet
from edi.x12.validate import validate_set
from tests.edi.x12.corpus import BODIES, body, transaction_set

VERSIONS = ("004010", "005010")

TRICKY = (
    *("-", "1.", ".5", "-.5", "1e5", "1,000.5", "+5", "5.5.5", "-0", "0", "000000000000000001", "1.0000000000000001"),
    *("20240229", "20230229", "18000101", "17991231", "99999999", "0800", "080", "08000", "080000", "08000011", "2400"),
    *(" ", "A ", " A", "ä", "Å", "²", "٣", "a", "A^B", "A`B", "\t", "\x7f", "X" * 50, "9" * 18, "9" * 19),
    *("EA>", "EA>1", "EA>1>2", ">", ">EA", ">>"),
)
"""Values on which checkers tend to differ."""


def opinion_on(rows: list[list[str]], set_id: str = "850", version: str = "004010") -> Verdict:
    tset, interchange = transaction_set(rows, set_id, version)
    return judge(tset, version, separators=interchange.separators)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("set_id", BODIES)
def test_valid_documents_are_accepted(set_id: str, version: str) -> None:
    assert opinion_on(body(set_id, version), set_id, version).opinions == ()


def test_a_missing_segment_is_one_opinion() -> None:
    verdict = opinion_on(body("850", "004010")[1:])
    assert [(opinion.position, opinion.segment, opinion.code) for opinion in verdict.opinions] == [(2, "BEG", "3")]
    assert not verdict.accepted


def test_an_element_fault_has_its_place_and_code() -> None:
    rows = body("850", "004010")
    rows[0] = ["BEG", "9Z", *rows[0][2:]]
    opinions = opinion_on(rows).opinions
    assert [(opinion.position, opinion.segment, opinion.element, opinion.code) for opinion in opinions] == [
        (2, "BEG", 1, "7")
    ]


def test_padding_does_not_reject() -> None:
    rows = body("850", "004010")
    rows[0] = [*rows[0][:3], "PO-4711 ", *rows[0][4:]]
    verdict = opinion_on(rows)
    assert len(verdict.opinions) == 1
    assert verdict.accepted


@pytest.mark.parametrize("version", ["003010", "", "garbage"])
def test_an_unknown_version_is_a_rejection(version: str) -> None:
    tset, _ = transaction_set(body("850", "004010"), "850", "004010")
    assert not judge(tset, version).accepted


def test_an_unknown_set_is_a_rejection() -> None:
    assert not judge(TransactionSet(Segment("ST", ["999", "0001"])), "004010").accepted


@pytest.mark.parametrize("tag", ["", "123456", "é", "ST"])
def test_what_makes_pyx12_raise_is_a_rejection(tag: str) -> None:
    tset = TransactionSet(Segment("ST", ["850", "0001"]), [Segment(tag, ["x"])], Segment("SE", ["3", "0001"]))
    assert not judge(tset, "004010").accepted


def test_maps_are_shared_by_threads() -> None:
    verdicts: list[tuple[bool, bool]] = []

    def work() -> None:
        for _ in range(5):
            bad = opinion_on(body("810", "004010")[1:], "810")
            good = opinion_on(body("810", "004010"), "810")
            verdicts.append((good.accepted, bad.accepted))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [(True, False)] * 20


# --- where the opinions differ ---


def rule_for(rows: list[list[str]], set_id: str, version: str) -> tuple[bool, str]:
    """Whether we and pyx12 agree, and else by which rule not."""
    tset, interchange = transaction_set(rows, set_id, version)
    verdict = judge(tset, version, separators=interchange.separators)
    found = validate_set(tset, version, separators=interchange.separators)
    ours = not [finding for finding in found if finding.is_error and finding.level != "meaning"]
    return ours == verdict.accepted, difference(tset, found, verdict)


def changed(set_id: str, version: str, tag: str, position: int, value: str) -> list[list[str]]:
    rows = body(set_id, version)
    row = next(row for row in rows if row[0] == tag)
    row[position : position + 1] = [value]
    return rows


def test_rule_repeated_trigger() -> None:
    rows = body("997", "004010")
    assert rule_for([rows[0], ["AK2", "850", "9"], *rows[1:]], "997", "004010") == (True, "")
    assert rule_for([rows[0], ["AK2", "850", "0009"], *rows[1:]], "997", "004010") == (False, "repeated-trigger")


def test_rule_sign_only() -> None:
    assert rule_for(changed("850", "004010", "PO1", 2, "-"), "850", "004010")[0], (
        "both reject: the quantity is no number"
    )
    assert rule_for(changed("850", "004010", "CUR", 3, "-"), "850", "004010")[0]


def test_rule_repetition() -> None:
    assert rule_for(changed("850", "005010", "N3", 1, "A^B"), "850", "005010") == (False, "repetition")


def test_rule_letters() -> None:
    assert rule_for(changed("850", "004010", "N3", 1, "Malmö"), "850", "004010") == (False, "letters")
    assert rule_for(changed("850", "004010", "N3", 1, "A^B"), "850", "004010") == (False, "letters")


def test_an_unexplained_difference_has_no_rule() -> None:
    tset, interchange = transaction_set(body("850", "004010")[1:], "850", "004010")
    found = validate_set(tset, "004010", separators=interchange.separators)
    assert difference(tset, found, Verdict(())) == ""


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_any_value_anywhere_gets_the_same_verdict(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(VERSIONS))
    set_id = data.draw(st.sampled_from(sorted(BODIES)))
    rows = body(set_id, version)
    row = rows[data.draw(st.integers(0, len(rows) - 1))]
    place = data.draw(st.integers(1, len(row)))
    row[place : place + 1] = [data.draw(st.sampled_from(TRICKY))]
    agree, rule = rule_for(rows, set_id, version)
    assert agree or rule
