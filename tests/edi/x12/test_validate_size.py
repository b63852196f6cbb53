"""Large documents: work grows with the size and memory stays small. Seconds are measured by ``make bench``."""

from __future__ import annotations

import tracemalloc

import pytest

from edi.x12.acknowledge.verdict import judge
from edi.x12.validate import validate
from tests.edi.x12.corpus import document
from tests.edi.x12.steps import steps


def order(lines: int) -> str:
    """An order of ``lines`` lines, each of four segments, with right totals."""
    rows = [["BEG", "00", "SA", "PO-1", "", "20260115"], ["CUR", "BY", "USD"]]
    for number in range(1, lines + 1):
        rows += [
            ["PO1", str(number), "10", "EA", "12.5", "PE", "UP", "012345678905", "VN", f"V-{number}"],
            ["PID", "F", "08", "", "", f"Item number {number}, in blue"],
            ["PO4", "12", "1.5", "EA"],
            ["DTM", "002", "20260210"],
        ]
    rows += [["CTT", str(lines), str(lines * 10)], ["AMT", "TT", str(lines * 125)]]
    return document(rows, "850", "004010")


def work(text: str) -> int:
    """Steps of checking ``text`` when everything that is kept has been built."""
    validate(text)
    return steps(lambda: validate(text))


def test_work_is_linear() -> None:
    assert work(order(1600)) < 8 * 1.2 * work(order(200)), "eight times the lines"


def test_a_file_full_of_faults_is_linear_too() -> None:
    def broken(lines: int) -> str:
        return order(lines).replace("PO4*12", "PO4*x").replace("DTM*002", "BEG*002")

    assert work(broken(800)) < 8 * 1.2 * work(broken(100))


def test_ten_thousand_lines_need_little_memory() -> None:
    text = order(10_000)
    tracemalloc.start()
    try:
        report = validate(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.findings == []
    assert len(report.parsed.sets[0].body) == 40_004
    assert peak < 150_000_000


def test_what_is_no_longer_listed_is_not_accepted() -> None:
    """Past the most findings that are kept nobody knows what else is wrong."""
    sets = 1_100
    rows = [row for n in range(sets) for row in (f"ST*850*{n:04}", "BEG*00*SA*1**20260101", "PO1", f"SE*9*{n:04}")]
    empty = document([["BEG", "00", "SA", "1", "", "20260101"], ["PO1"]], "850", "004010").split("~\n")
    whole = "~\n".join([*empty[:2], *rows, f"GE*{sets}*1", *empty[-2:]])
    report = validate(whole)
    (group,) = report.parsed.interchanges[0].groups
    assert len(group.sets) == sets
    verdict = judge(group, report.findings)
    assert (verdict.code, verdict.accepted) == ("R", 0)


def test_findings_on_a_text_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edi.x12.validate.MAX_FINDINGS", 5)
    broken = document([["BEG", "00", "SA", "1", "", "2026"], *[["PO1", "1", "x"]] * 9], "850", "004010")
    report = validate(broken + broken)
    first, second = (interchange.groups[0] for interchange in report.parsed.interchanges)
    codes = [finding.code for finding in report.findings if finding.offset >= second.gs.offset]
    assert codes == ["not-checked"]
    middle = len(broken)
    assert judge(first, [f for f in report.findings if f.offset < middle]).code == "R"
    assert judge(second, [f for f in report.findings if f.offset >= middle]).code == "R"
