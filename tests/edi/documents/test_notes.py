from __future__ import annotations

import pytest

from edi.documents import notes
from edi.documents.building import BuildOptions, BuildRefused, Draft
from edi.documents.reading import Reading, loops
from edi.documents.structure import ORDER_LOOPS
from tests.edi.documents.support import lines, parsed

LONG = "Ring en timme före ankomst. " * 20


def read(text: str) -> tuple[str, ...]:
    _, inner = loops(Reading(parsed(text, "850")).views, ORDER_LOOPS)
    return notes.read_notes(inner)


def test_each_note_is_a_loop_of_its_own() -> None:
    draft = Draft(BuildOptions())
    notes.add_notes(draft, ("Hej", "Ring först"))
    assert lines(draft.finish()) == ["N9*L1*1", "MSG*Hej", "N9*L1*2", "MSG*Ring först"]


def test_long_notes_are_cut_at_words() -> None:
    draft = Draft(BuildOptions())
    notes.add_notes(draft, (LONG.strip(),))
    rows = lines(draft.finish())
    assert [row[:3] for row in rows] == ["N9*", "MSG", "MSG", "MSG"]
    assert all(len(row) <= 4 + 264 and row == row.strip() for row in rows)
    assert read("\n".join(rows)) == (LONG.strip(),)


def test_005010_has_longer_texts() -> None:
    draft = Draft(BuildOptions(version="005010"))
    notes.add_notes(draft, (LONG.strip(),))
    assert lines(draft.finish()) == ["N9*L1*1", f"MTX*GEN*{LONG.strip()}"]


def test_messages_of_other_senders_are_one_note_a_loop() -> None:
    assert read("N9*ZZ*DELIVERY\nDTM*002*20260504\nMSG*Deliver\nMSG*before noon\nN9*VR*77\nN9*L1*2\nMSG*Second") == (
        "Deliver before noon",
        "Second",
    )


def test_nte_continues_with_add() -> None:
    draft = Draft(BuildOptions())
    notes.add_nte(draft, ("x" * 50 + " " + "y" * 50, "kort"))
    rows = lines(draft.finish())
    assert [row[:8] for row in rows] == ["NTE*GEN*", "NTE*ADD*", "NTE*GEN*"]
    assert notes.read_nte(Reading(parsed("\n".join(rows), "810")).views) == ("x" * 50 + " " + "y" * 50, "kort")


def test_nte_that_begins_with_add_is_a_note() -> None:
    assert notes.read_nte(Reading(parsed("NTE*ADD*first\nNTE**second", "810")).views) == ("first", "second")


def test_too_many_notes_are_refused() -> None:
    draft = Draft(BuildOptions())
    notes.add_nte(draft, ("x " * 5000,))
    with pytest.raises(BuildRefused, match="100 can be sent"):
        draft.finish()


def test_descriptions_leave_characteristics_alone() -> None:
    views = Reading(parsed("PID*F****Spik\nPID*F*73***Blå\nPID*F*08***75 mm\nPID*S**VI*FL", "850")).views
    assert notes.read_description(views) == "Spik 75 mm"
    assert [over.elements[1] for over in views[0].reading.result(None).left_over] == ["73", ""]
