"""Counts, totals, hierarchy, line numbers, roles and check digits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.x12.findings import Finding
from edi.x12.meaning import check_meaning
from edi.x12.meaning.check_digits import check_digit
from edi.x12.meaning.document import money, number, shown
from edi.x12.validate import validate
from tests.edi.x12.corpus import body, document, transaction_set


def findings(set_id: str, *changes: tuple[str, str]) -> list[Finding]:
    """Findings of meaning on the document of the corpus with rows replaced; each old row occurs once."""
    rows = ["*".join(row) for row in body(set_id, "004010")]
    for old, new in changes:
        assert rows.count(old) == 1, old
        place = rows.index(old)
        rows[place : place + 1] = new.split("\n") if new else []
    tset, _ = transaction_set([row.split("*") for row in rows], set_id, "004010")
    return check_meaning(tset)


def codes(set_id: str, *changes: tuple[str, str]) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in findings(set_id, *changes)]


# --- lines ---


@pytest.mark.parametrize(
    ("set_id", "total", "wrong"),
    [
        ("850", "CTT*3*15", "CTT*4*15"),
        ("855", "CTT*2*14", "CTT*1*14"),
        ("856", "CTT*6*14", "CTT*5*14"),
        ("860", "CTT*2*19", "CTT*3*19"),
        ("865", "CTT*2*19", "CTT*3*19"),
        ("810", "CTT*2*14", "CTT*3*14"),
    ],
)
def test_line_count(set_id: str, total: str, wrong: str) -> None:
    assert codes(set_id, (total, wrong)) == [("line-count", "error")]


def test_a_ship_notice_that_counts_items_is_a_warning() -> None:
    assert codes("856", ("CTT*6*14", "CTT*2*14")) == [("line-count", "warning")]


@pytest.mark.parametrize(
    ("set_id", "total", "wrong"),
    [("850", "CTT*3*15", "CTT*3*16"), ("856", "CTT*6*14", "CTT*6*13"), ("810", "CTT*2*14", "CTT*2*15")],
)
def test_hash_total(set_id: str, total: str, wrong: str) -> None:
    assert codes(set_id, (total, wrong)) == [("hash-total", "error")]


@pytest.mark.parametrize(("quantity", "hash_total"), [("1.25", "15.25"), ("1.25", "139"), ("1.25", "15.250")])
def test_hash_totals_with_decimals_are_read_both_ways(quantity: str, hash_total: str) -> None:
    """As numbers, and as the standard has it: without regard to the decimal point (10 + 4 + 125)."""
    changes = ("PO1*3*1*EA*0", f"PO1*3*{quantity}*EA*0"), ("CTT*3*15", f"CTT*3*{hash_total}")
    assert codes("850", *changes) == []


def test_a_long_hash_total_keeps_its_last_ten_digits() -> None:
    changes = ("PO1*3*1*EA*0", "PO1*3*98765432101*EA*0"), ("CTT*3*15", "CTT*3*8765432115")
    assert codes("850", *changes) == []


@pytest.mark.parametrize(("set_id", "severity"), [("850", "error"), ("810", "warning")])
def test_line_numbers_are_unique(set_id: str, severity: str) -> None:
    second = {"850": "PO1*2*4*CA*100.25**VN*V-2*BP*B-2", "810": "IT1*2*4*CA*100.25**VN*V-2"}[set_id]
    changed = second.replace("1*2*", "1*1*", 1)
    found = findings(set_id, (second, changed))
    assert [(finding.code, finding.severity, finding.element) for finding in found] == [
        ("line-id-duplicate", severity, 1)
    ]
    assert "line 1 and of line 2" in found[0].message


def test_store_quantities_add_up_to_the_line() -> None:
    assert codes("850", ("SDQ*EA*92*0001*4*0002*6", "SDQ*EA*92*0001*4*0002*5")) == [("store-quantities", "warning")]


def test_schedules_add_up_to_the_line() -> None:
    assert codes("850", ("SCH*10*EA***002*20260210", "SCH*9*EA***002*20260210")) == [("schedule-quantities", "warning")]
    assert codes("850", ("SCH*10*EA***002*20260210", "SCH*1*CA***002*20260210")) == [], "another unit"


def test_answers_add_up_to_the_line() -> None:
    changed = ("ACK*IB*4*EA*068*20260301", "ACK*IB*3*EA*068*20260301")
    assert codes("855", changed) == [("answered-quantities", "warning")]


def test_answers_use_the_unit_of_the_line() -> None:
    assert codes("855", ("ACK*IR*4*CA", "ACK*IR*4*EA")) == [("unit-mismatch", "warning")]


def test_shipped_and_ordered_units() -> None:
    assert codes("856", ("SN1*1*10*EA*10*10*EA", "SN1*1*10*EA*10*10*CA")) == [("unit-mismatch", "warning")]


def test_order_total() -> None:
    """With taxes, charges or allowances the total may hold them; without any it is quantity times price."""
    wrong = ("AMT*TT*526.00", "AMT*TT*527.00")
    discount, handling = "SAC*A*C310***1250*Z*2.5**EA*10**02", "SAC*C*G830***500********Handling"
    tax = "TXI*VA*12.5*25"
    assert codes("850", (discount, ""), (handling, ""), (tax, "")) == []
    assert codes("850", (discount, ""), (handling, ""), (tax, ""), wrong) == [("order-total", "warning")]
    assert codes("850", (handling, ""), (tax, ""), wrong) == []
    assert codes("850", (discount, ""), (handling, ""), wrong) == []


# --- invoice total ---


def invoice(*rows: str, total: str) -> list[Finding]:
    """Findings on an invoice of two lines (125.00 and 401.00) with ``rows`` around TDS; ``|`` stands for TDS."""
    lines = [
        "BIG*20260205*INV-1",
        *[row for row in rows if row.startswith("CUR")],
        "IT1*1*10*EA*12.5",
        *[row for row in rows if row.startswith("+")],
        "IT1*2*4*CA*100.25",
    ]
    lines = [line.lstrip("+") for line in lines]
    lines += [f"TDS*{total}", *[row for row in rows if not row.startswith(("+", "CUR"))]]
    tset, _ = transaction_set([line.split("*") for line in lines], "810", "004010")
    return check_meaning(tset)


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ((), "52600"),
        (("TXI*VA*131.5*25",), "65750"),
        (("SAC*C*D240***1500",), "54100"),
        (("SAC*A*F800***2600",), "50000"),
        (("SAC*C*D240***1500", "SAC*A*F800***2600", "TXI*VA*128.75"), "64375"),
        (("+SAC*C*G830***500",), "53100"),
        (("+SAC*A*F800***500",), "52600"),  # in the price already
        (("+TXI*VA*31.25", "TXI*VA*131.5"), "65750"),  # by line and as their sum
        (("SAC*C*H850***13150", "TXI*VA*131.5"), "65750"),  # the tax twice
        (("SAC*A*C310***2600",), "52600"),  # a discount in the terms
        (("SAC*A*F800***2600*******01",), "52600"),  # bill back
        (("TXI*VA*131.5****1*I",), "52600"),  # included
        (("SAC*C*D240**",), "99999"),  # an amount that is not given
        (("CUR*SE*ISK",), "52700"),  # whole units: each line is rounded to one
    ],
)
def test_invoice_totals_that_hold(rows: tuple[str, ...], total: str) -> None:
    assert [finding.code for finding in invoice(*rows, total=total)] == []


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ((), "526"),
        ((), "52700"),
        (("CUR*SE*SEK",), "52700"),
        (("CUR*SE*ISK",), "59900"),
        (("TXI*VA*131.5*25",), "52600"),
        (("SAC*C*D240***1500",), "52600"),
        ((), "-52600"),
    ],
)
def test_invoice_totals_that_do_not(rows: tuple[str, ...], total: str) -> None:
    found = invoice(*rows, total=total)
    assert [(finding.code, finding.segment, finding.element) for finding in found] == [("invoice-total", "TDS", 1)]
    assert "526.00" in found[0].message


def test_the_sentence_on_an_invoice_total() -> None:
    found = invoice("SAC*C*D240***1500", total="52600")
    assert found[0].message == (
        "The invoice total is 526.00 (TDS01), but the lines come to 526.00 and, with charges, allowances and taxes "
        "(15.00), to 541.00. TDS01 has two implied decimals."
    )


def test_rounding_by_line_is_tolerated() -> None:
    rows = [["BIG", "20260205", "INV-1"], *[["IT1", str(n), "1", "EA", "0.335"] for n in range(1, 11)]]
    for total, expected in (("335", []), ("340", []), ("330", []), ("345", ["invoice-total"])):
        tset, _ = transaction_set([*rows, ["TDS", total]], "810", "004010")
        assert [finding.code for finding in check_meaning(tset)] == expected, total


def test_prices_per_hundred() -> None:
    rows = [["BIG", "20260205", "INV-1"], ["IT1", "1", "50", "EA", "10", "HP"], ["TDS", "500"]]
    tset, _ = transaction_set(rows, "810", "004010")
    assert check_meaning(tset) == []


def test_a_price_that_is_no_number_is_reported_once() -> None:
    text = document(body("810", "004010"), "810", "004010").replace("*EA*12.5*PE*", "*EA*12,5*PE*")
    assert [finding.code for finding in validate(text).findings] == ["not-a-number"]


# --- hierarchy ---


@pytest.mark.parametrize(
    ("old", "new", "code", "element"),
    [
        ("HL*4*3*I*0", "HL*5*3*I*0", "hierarchy-number", 1),
        ("HL*4*3*I*0", "HL*4*9*I*0", "hierarchy-parent", 2),
        ("HL*4*3*I*0", "HL*4*4*I*0", "hierarchy-parent", 2),
        ("HL*4*3*I*0", "HL*4*6*I*0", "hierarchy-parent", 2),
        ("HL*4*3*I*0", "HL*4*1*I*0", "hierarchy-level", 3),
        ("HL*4*3*I*0", "HL*4*2*I*0", "hierarchy-level", 3),
        ("HL*4*3*I*0", "HL*4**I*0", "hierarchy-level", 2),
        ("HL*2*1*O*1", "HL*2**O*1", "hierarchy-level", 2),
        ("HL*1**S*1", "HL*1**O*1", "hierarchy-level", 2),
    ],
)
def test_hierarchy_errors(old: str, new: str, code: str, element: int) -> None:
    found = [finding for finding in findings("856", (old, new)) if finding.severity == "error"]
    assert (code, element) in [(finding.code, finding.element) for finding in found]


def test_an_item_under_a_shipment_names_both_levels() -> None:
    found = [finding for finding in findings("856", ("HL*4*3*I*0", "HL*4*1*I*0")) if finding.code == "hierarchy-level"]
    assert found[0].message == (
        "HL 4: a level I (item) cannot stand under a level S (shipment) (HL 1). "
        "By BSN05 the order of levels is S-O-P-I."
    )


def test_a_doubled_level_is_one_error_and_the_count_follows_from_it() -> None:
    found = findings("856", ("HL*3*2*P*1", "HL*3*2*P*1\nHL*3*2*P*1"))
    assert [(finding.code, finding.position) for finding in found if finding.severity == "error"] == [
        ("hierarchy-number", 25)
    ]


def test_lost_levels_are_one_error() -> None:
    lost = ("HL*5*2*P*1", ""), ("MAN*GM*00312345678901234578", "")
    found = [finding for finding in findings("856", *lost) if finding.severity == "error"]
    assert [finding.code for finding in found] == ["hierarchy-number"]
    assert "HL01 is 6, but HL number 5 is expected" in found[0].message


def test_a_wrong_number_of_levels_beside_a_doubled_one_is_said() -> None:
    found = findings("856", ("HL*3*2*P*1", "HL*3*2*P*1\nHL*3*2*P*1"), ("CTT*6*14", "CTT*9*14"))
    assert [finding.code for finding in found if finding.severity == "error"] == ["hierarchy-number", "line-count"]


def test_child_codes_are_warnings() -> None:
    assert codes("856", ("HL*4*3*I*0", "HL*4*3*I*1")) == [("hierarchy-child-code", "warning")]
    assert codes("856", ("HL*3*2*P*1", "HL*3*2*P*0")) == [("hierarchy-child-code", "warning")]


@pytest.mark.parametrize(
    ("structure", "levels"),
    [
        ("0001", [("1", "", "S"), ("2", "1", "O"), ("3", "2", "P"), ("4", "3", "I")]),
        ("0002", [("1", "", "S"), ("2", "1", "O"), ("3", "2", "I"), ("4", "3", "P")]),
        ("0004", [("1", "", "S"), ("2", "1", "O"), ("3", "2", "I"), ("4", "2", "I")]),
        ("0001", [("1", "", "S"), ("2", "1", "O"), ("3", "2", "T"), ("4", "3", "P"), ("5", "4", "I")]),
        ("", [("1", "", "S"), ("2", "1", "O"), ("3", "2", "T"), ("4", "3", "I")]),
        ("", [("1", "", "S"), ("2", "1", "O"), ("3", "2", "I"), ("4", "2", "P"), ("5", "4", "I")]),
    ],
)
def test_hierarchies_of_real_guides(structure: str, levels: list[tuple[str, str, str]]) -> None:
    rows = [["BSN", "00", "S1", "20260201", "1015", structure], *[["HL", *level] for level in levels]]
    tset, _ = transaction_set(rows, "856", "004010")
    assert [finding.message for finding in check_meaning(tset) if finding.severity == "error"] == []


# --- parties, dates, check digits ---


def test_two_parties_of_one_role_are_a_warning() -> None:
    assert codes("850", ("N1*BT*Head Office*UL*7350053850019", "N1*ST*Head Office*92*2")) == [
        ("party-role-duplicate", "warning")
    ]
    assert codes("856", ("N1*SF*Shirt Maker AB*91*77", "N1*ST*Other*91*77")) == [("party-role-duplicate", "warning")]


def test_a_window_that_ends_before_it_begins_is_a_warning() -> None:
    changes = ("DTM*010*20260201*0800*ES", "DTM*037*20260210"), ("DTM*001*20260215", "DTM*038*20260201")
    assert codes("850", *changes) == [("date-order", "warning")]


@pytest.mark.parametrize(
    ("set_id", "old", "new"),
    [
        ("850", "PO1*1*10*EA*12.5*PE*UP*012345678905*VN*V-1", "PO1*1*10*EA*12.5*PE*UP*012345678906*VN*V-1"),
        ("850", "N1*BT*Head Office*UL*7350053850019", "N1*BT*Head Office*UL*7350053850018"),
        ("856", "MAN*GM*00312345678901234561", "MAN*GM*00312345678901234560"),
    ],
)
def test_check_digits(set_id: str, old: str, new: str) -> None:
    assert codes(set_id, (old, new)) == [("check-digit", "warning")]


@given(st.text("0123456789", min_size=7, max_size=17))
def test_a_check_digit_finds_every_wrong_digit(digits: str) -> None:
    right = check_digit(digits)
    wrong = digits[:3] + str((int(digits[3]) + 1) % 10) + digits[4:]
    assert check_digit(wrong) != right


# --- acknowledgments ---


@pytest.mark.parametrize(
    "wrong", ["AK9*A*2*2*1", "AK9*P*2*2*2", "AK9*P*2*2*0", "AK9*R*2*2*1", "AK9*P*2*1*2", "AK9*A*2*2*2"]
)
def test_acknowledgments_that_contradict_themselves(wrong: str) -> None:
    assert codes("997", ("AK9*P*2*2*1", wrong)) == [("acknowledgment-count", "error")]


@pytest.mark.parametrize("right", ["AK9*P*2*2*1", "AK9*R*2*2*0", "AK9*P*3*3*2"])
def test_acknowledgments_that_do_not(right: str) -> None:
    assert codes("997", ("AK9*P*2*2*1", right)) == []


# --- numbers ---


@pytest.mark.parametrize("text", ["", "-", ".", "1e5", "NaN", "1,5", "٣", "1.2.3", "--1"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_numbers_keep_their_value(value: Decimal) -> None:
    assert number(format(value, "f")) == value
    assert Decimal(shown(value)) == value
    assert Decimal(money(value).replace(",", "")) == value
