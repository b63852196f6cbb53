"""The frame of the benchmarks: registry, processes, results file. What they measure is not tested here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.child import run
from bench.figures import Figure, Target
from bench.registry import MEASURES, load
from bench.table import written
from bench.timing import side_by_side

HERE = "tests.bench.test_bench"


def good() -> list[Figure]:
    """A measure."""
    return [
        Figure(name="Speed", value=3, unit="times", target=Target("at least", 2), compared_with="a snail"),
        Figure(name="Size", value=12.5, unit="MiB", target=Target("at most", 10)),
        Figure(name="Count", value=7, unit="documents"),
    ]


def bad() -> list[Figure]:
    """A measure that fails."""
    raise RuntimeError("no peer here")


@pytest.mark.parametrize("measure", MEASURES)
def test_each_registered_measure_can_be_loaded(measure: str) -> None:
    assert load(measure).__doc__, "a measure says what it measures"


def test_a_measure_runs_in_a_process_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(f"{HERE}:good") == good()
    assert run(f"{HERE}:bad") is None
    assert "no peer here" in capfd.readouterr().err


def test_the_results_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "results.json"
    monkeypatch.setattr(command, "MEASURES", (f"{HERE}:good",))
    assert command.main(["--out", str(out)]) == 0
    assert json.loads(out.read_text()) == [
        {
            "name": "Speed",
            "value": 3.0,
            "unit": "times",
            "target": "at least 2",
            "met": True,
            "compared_with": "a snail",
        },
        {"name": "Size", "value": 12.5, "unit": "MiB", "target": "at most 10", "met": False, "compared_with": None},
        {"name": "Count", "value": 7.0, "unit": "documents", "target": None, "met": None, "compared_with": None},
    ]
    assert command.main(["--out", str(out), "--strict"]) == 1, "a target was missed"
    assert command.main(["--out", str(out), "--only", "nothing"]) == 0


def test_a_failing_measure_fails_the_run_but_not_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "results.json"
    monkeypatch.setattr(command, "MEASURES", (f"{HERE}:bad", f"{HERE}:good"))
    assert command.main(["--out", str(out)]) == 1
    assert len(json.loads(out.read_text())) == 3


def test_functions_take_turns() -> None:
    order: list[str] = []
    found = side_by_side({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, seconds=1e-6, rounds=3)
    assert set(found) == {"a", "b"}
    assert "".join(order[-6:]) == "ababab"


@pytest.mark.parametrize(("value", "text"), [(12345.6, "12,346"), (3, "3"), (0.44974, "0.4497"), (12.346, "12.35")])
def test_numbers_as_written(value: float, text: str) -> None:
    assert written(value) == text
