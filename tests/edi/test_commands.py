"""`manage.py edi`: what it prints, how it exits, and that it needs no database."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from edi.documents import rendering
from edi.x12.validate import validate
from tests.edi.edifact import orders as edifact
from tests.edi.interchanges import content, one, written

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "documents" / "golden"
FINDING_KEYS = {"level", "severity", "segment", "position", "element", "code", "message", "value", "offset"}


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("edi", *arguments, stdout=out, stderr=err, no_color=True)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.x12").write_bytes(one("856"))
    (tmp_path / "bad.x12").write_bytes(one("850").replace(b"PO1*1*10*EA", b"PO1*1*10*E"))
    (tmp_path / "odd.x12").write_bytes(written([("856", content("856"))]).replace(b"SH*", b"PO*", 1))
    (tmp_path / "page.html").write_text("<html></html>")
    return tmp_path


# --- validate


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["good.x12"], 0),
        (["bad.x12"], 1),
        (["odd.x12"], 1),
        (["page.html"], 2),
        (["absent.x12"], 2),
        (["good.x12", "bad.x12"], 1),
        (["page.html", "bad.x12", "good.x12"], 2),
    ],
)
def test_the_exit_code_says_the_worst(folder: Path, names: list[str], code: int) -> None:
    files = [str(folder / name) for name in names]
    assert run("validate", *files)[0] == code
    assert run("validate", "--json", *files)[0] == code


def test_the_json_is_one_array_with_one_object_a_file(folder: Path) -> None:
    names = [str(folder / name) for name in ("good.x12", "bad.x12", "page.html", "absent.x12")]
    data: list[dict[str, Any]] = json.loads(run("validate", "--json", *names)[1])
    assert [one["file"] for one in data] == names
    assert [(one["readable"], one["ok"], one["interchanges"], one["transaction_sets"]) for one in data] == [
        (True, True, 1, 1),
        (True, False, 1, 1),
        (False, False, 0, 0),
        (False, False, 0, 0),
    ]
    assert all(set(finding) == FINDING_KEYS for one in data for finding in one["findings"])
    (finding, *_) = [f for f in data[1]["findings"] if f["severity"] == "error"]
    assert (finding["level"], finding["segment"], finding["element"]) == ("element", "PO1", 3)
    text = (folder / "bad.x12").read_text()
    assert text[finding["offset"] :].startswith("E*4.5*")
    assert finding["value"] == "E"
    assert [one["findings"][0]["code"] for one in data[2:]] == ["not-x12", "file-unreadable"]


def test_a_newcomer_is_told_what_to_correct_and_where(folder: Path) -> None:
    _, out, _ = run("validate", str(folder / "bad.x12"))
    assert "1 error" in out
    assert "850 Purchase Order, 500001 (ST02 0001)" in out
    assert "error: PO1 line 1: 'E' is " in out
    lines = out.splitlines()
    excerpt = next(n for n, line in enumerate(lines) if line.strip().startswith("PO1*1*10*E*"))
    assert lines[excerpt + 1].index("^") == lines[excerpt].index("*E*") + 1
    assert f"line {(folder / 'bad.x12').read_text().splitlines().index(lines[excerpt].strip()) + 1}," in out


def test_a_good_file_says_so(folder: Path) -> None:
    _, out, _ = run("validate", str(folder / "good.x12"))
    assert out.strip().endswith("good.x12: nothing to correct in 1 interchange, 1 transaction set")


def test_a_set_is_shown_as_json_and_read_back(folder: Path) -> None:
    code, out, _ = run("show", "--json", str(folder / "good.x12"))
    (data,) = json.loads(out)
    assert (code, data["schema"], data["set"]) == (0, "x12-json-1", "856")
    set_id, _, number, segments = rendering.from_json(out.strip().removeprefix("[").removesuffix("]"))
    assert (set_id, number, segments[0][0]) == ("856", "0001", "BSN")
    assert run("show", "--json", str(folder / "page.html"))[0] == 2


def test_warnings_can_be_left_out(folder: Path) -> None:
    code, out, _ = run("validate", "--no-warnings", str(folder / "odd.x12"))
    assert (code, "nothing to correct" in out) == (0, True)


def test_an_encoding_that_was_guessed_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "latin.x12"
    path.write_bytes(one("856").replace(b"SHP-1", "SHP-Ä".encode("latin-1")))
    data = json.loads(run("validate", "--json", str(path))[1])
    assert data[0]["findings"][0]["code"] == "encoding-guessed"


def test_many_findings_are_listed_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "many.x12"
    path.write_bytes(written([("856", [s for s in content("856") if s[0] != "BSN"])] * 60))
    _, short, _ = run("validate", str(path))
    assert "… and 10 more" in short
    _, long, _ = run("validate", "--all", str(path))
    assert long.count("error: BSN") == 60


def test_a_guide_is_checked_by_and_checked_itself(folder: Path) -> None:
    guide = folder / "guide.json"
    guide.write_text('{"segments": [{"path": "REF", "required": true}], "set_id": "856"}')
    assert run("validate", "--guide", str(guide), str(folder / "good.x12"))[0] == 1
    guide.write_text('{"segments": [{"path": "QQQ", "required": true}]}')
    code, _, err = run("validate", "--guide", str(guide), str(folder / "good.x12"))
    assert (code, "QQQ" in err) == (2, True)
    guide.write_text("[]")
    assert run("validate", "--guide", str(guide), str(folder / "good.x12"))[0] == 2
    assert run("validate", "--guide", "absent.json", str(folder / "good.x12"))[0] == 2


def test_a_text_can_be_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(one("856"))))
    code, out, _ = run("validate", "--json", "-")
    assert (code, json.loads(out)[0]["file"]) == (0, "-")


# --- show


def test_show_names_segments_elements_and_codes(folder: Path) -> None:
    code, out, _ = run("show", str(folder / "bad.x12"))
    assert code == 0
    assert "\n      BEG  Beginning Segment for Purchase Order\n" in out
    assert "BEG01    00                   Transaction Set Purpose Code: Original" in out
    assert "PO1  Baseline Item Data  (PO1 2)" in out
    at = out.index("PO103 ")
    assert "error: " in out[at : at + 200]


def test_show_can_be_short(folder: Path) -> None:
    _, out, _ = run("show", "--compact", str(folder / "good.x12"))
    assert out.splitlines()[0].startswith("ISA*00*")
    assert len(out.splitlines()) == len((folder / "good.x12").read_text().splitlines())


def test_show_of_what_is_no_x12(folder: Path) -> None:
    assert run("show", str(folder / "page.html"))[0] == 2
    assert run("show", str(folder / "absent.x12"))[0] == 2


# --- build


@pytest.mark.parametrize("case", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_build_writes_what_can_be_read(case: str) -> None:
    version = json.loads((GOLDEN / f"{case}.json").read_text())["options"].get("version", "004010")
    code, out, _ = run("build", str(GOLDEN / f"{case}.json"), "--x12-version", version, "--charset", "utf-8")
    assert code == 0
    report = validate(out)
    assert [finding.message for finding in report.findings if finding.is_error] == []
    (tset,) = report.parsed.sets
    expected = (GOLDEN / f"{case}.x12").read_text().splitlines()
    assert ["*".join([s.tag, *s.elements]) for s in tset.segments] == expected


def test_build_follows_its_options(tmp_path: Path) -> None:
    order = json.loads((GOLDEN / "850-original.json").read_text())
    path, target = tmp_path / "order.json", tmp_path / "order.x12"
    path.write_text(json.dumps(order["document"]))
    code, out, _ = run(
        *("build", str(path), "--set", "850", "--sender", "01:BOD", "--receiver", "LEV", "--live"),
        *("--interchange-number", "77", "--group-number", "5", "--set-number", "0009"),
        *("--date", "2026-05-04T08:00", "--separators", "|~>", "--no-line-breaks", "--output", str(target)),
    )
    assert (code, out) == (0, "")
    text = target.read_text()
    assert text.startswith("ISA|00|          |00|          |01|BOD            |ZZ|LEV            |260504|0800|U|00401|")
    assert "|000000077|0|P|>~GS|PO|BOD|LEV|20260504|0800|5|X|004010~ST|850|0009~" in text
    assert "\n" not in text


def test_build_writes_the_set_alone() -> None:
    _, out, _ = run("build", str(GOLDEN / "850-original.json"), "--bare")
    assert out.startswith("ST*850*0001~\nBEG*")


def test_build_says_why_it_refuses(tmp_path: Path) -> None:
    order = json.loads((GOLDEN / "850-original.json").read_text())
    order["document"]["lines"][0]["unit"] = "SMIL"
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order))
    code, out, err = run("build", str(path))
    assert (code, out) == (1, "")
    assert "SMIL" in err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"number": "1"}', "--set"),
        ('{"set": "850", "document": {"number": "1"}}', "no purchase order"),
        ('{"set": "850", "document": {}, "options": 1}', '"options"'),
    ],
)
def test_build_says_what_is_wrong_with_its_input(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "order.json"
    path.write_text(text)
    code, _, err = run("build", str(path))
    assert code == 2
    assert sentence in err


def test_build_refuses_an_envelope_that_cannot_work() -> None:
    order = str(GOLDEN / "850-original.json")
    assert run("build", order, "--sender", "A")[0] == 2
    assert run("build", order, "--separators", "**>")[0] == 2
    assert run("build", "absent.json")[0] == 2


# --- no database


def test_the_commands_need_no_database(folder: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
        "VAR_DIR": str(tmp_path / "var"),
        "SECRET_KEY": "only for this test, and long enough not to be called weak",
        "FIELD_ENCRYPTION_KEYS": "Zm9yIHRoaXMgdGVzdCBvbmx5LCBub3QgYSBzZWNyZXQ=",
    }
    for arguments, code in (
        (["validate", str(folder / "bad.x12")], 1),
        (["show", str(folder / "good.x12")], 0),
        (["build", str(GOLDEN / "850-original.json")], 0),
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", "edi", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, bool(done.stdout)) == (code, True), done.stderr


# --- EDIFACT


def test_edifact_is_checked_too(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.edi", tmp_path / "bad.edi"
    good.write_bytes(edifact.text().encode("latin-1"))
    bad.write_bytes(edifact.replaced("QTY+21:2:KGM", "QTY+21:two:KGM").encode("latin-1"))
    code, out, _ = run("validate", str(good), str(bad))
    assert code == 1
    assert f"{good}: nothing to correct in 1 interchange, 1 transaction set" in out
    assert "ORDERS Purchase order, 500001 (UNH 1)" in out
    assert "error: Segment 12: QTY element 1, component 2 (6060): 'two' is not a number." in out
    assert "at segment 12, line 13, column 1  [not-a-number]" in out
    data = json.loads(run("validate", "--json", str(good), str(bad))[1])
    assert [(one["readable"], one["ok"], one["transaction_sets"]) for one in data] == [
        (True, True, 1),
        (True, False, 1),
    ]
    assert set(data[1]["findings"][0]) == FINDING_KEYS


def test_edifact_is_shown_with_names_and_meanings(tmp_path: Path) -> None:
    file = tmp_path / "order.edi"
    file.write_bytes(edifact.text().encode("latin-1"))
    code, out, _ = run("show", str(file))
    assert code == 0
    assert "NAD01    BY                   Role: Buyer" in out
    assert "NAD04    Blåbär & Örter AB    Name" in out
    assert "LIN  Line  (LIN 2)" in out


def test_build_writes_edifact(tmp_path: Path) -> None:
    order, file = str(GOLDEN / "850-original.json"), tmp_path / "order.edi"
    ends = ("--sender", "14:7350099123405", "--receiver", "LEV", "--interchange-number", "42")
    code, _, err = run("build", order, "--set", "ORDERS", *ends, "--charset", "latin-1", "--output", str(file))
    assert (code, err) == (0, "")
    data = file.read_bytes()
    assert b"UNB+UNOC:3+7350099123405:14+LEV:ZZZ+" in data
    assert "Mälardalens Lager".encode("latin-1") in data
    assert run("validate", str(file))[0] == 0
    code, out, err = run("build", order, "--set", "ORDERS")
    assert "Malardalens Lager" in out, "the default character set is ASCII"
    assert "'Mälardalens Lager & Logistik AB' was written" in err


def test_build_says_why_it_refuses_edifact(tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    document = json.loads((GOLDEN / "850-original.json").read_text())["document"]
    path.write_text(json.dumps({"set": "ORDERS", "document": {**document, "total": "1"}}))
    code, _, err = run("build", str(path))
    assert code == 1
    assert "lines, charges and tax are not the total: 1 is stated" in err
    assert run("build", str(path), "--sender", "ZZZ:" + "X" * 36)[0] in (1, 2)
