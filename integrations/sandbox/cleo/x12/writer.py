"""Writer of the interchanges that trading partners send: acknowledgments and answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from .content import FUNCTIONAL_IDS
from .reader import Group, Interchange, Segment, TransactionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who writes to whom. `usage` is ISA15: P or T; `number` becomes ISA13, and GS06 counts on from it."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    usage: str
    number: int
    at: datetime
    version: str = "004010"

    @classmethod
    def answering(cls, interchange: Interchange, *, number: int, at: datetime) -> Envelope:
        """The way back: sender and receiver change places."""
        isa = interchange.isa
        return cls(
            sender_qualifier=isa[7],
            sender=interchange.receiver,
            receiver_qualifier=isa[5],
            receiver=interchange.sender,
            usage=isa[15],
            number=number,
            at=at,
        )


def write(envelope: Envelope, sets: Sequence[tuple[str, Sequence[Segment]]], *, ta1: Segment | None = None) -> str:
    """One interchange with a group for each run of sets of one kind. A set is (id, segments between ST and SE)."""
    groups: list[list[tuple[str, Sequence[Segment]]]] = []
    for one in sets:
        if not groups or groups[-1][0][0] != one[0]:
            groups.append([])
        groups[-1].append(one)
    lines = [_isa(envelope)]
    if ta1:
        lines.append(ta1)
    for position, group in enumerate(groups):
        lines.extend(_group(envelope, str(envelope.number * 10 + position), group))
    lines.append(["IEA", str(len(groups)), f"{envelope.number:09}"])
    body = ("*".join(_clean(element) for element in line) for line in lines[1:])
    return "".join(f"{line}~\n" for line in ("*".join(lines[0]), *body))


def _clean(element: str) -> str:
    """Data from an order with other separators may hold ours; X12 has no way to escape them."""
    return element.replace("*", " ").replace("~", " ")


def _isa(envelope: Envelope) -> Segment:
    return [
        "ISA", "00", " " * 10, "00", " " * 10,
        envelope.sender_qualifier, f"{envelope.sender:15.15}",
        envelope.receiver_qualifier, f"{envelope.receiver:15.15}",
        envelope.at.strftime("%y%m%d"), envelope.at.strftime("%H%M"), "U", "00401", f"{envelope.number:09}", "0",
        envelope.usage, ">",
    ]  # fmt: skip


def _group(envelope: Envelope, number: str, sets: Sequence[tuple[str, Sequence[Segment]]]) -> list[Segment]:
    functional_id = FUNCTIONAL_IDS[sets[0][0]]
    day, time = envelope.at.strftime("%Y%m%d"), envelope.at.strftime("%H%M")
    lines: list[Segment] = [
        ["GS", functional_id, envelope.sender, envelope.receiver, day, time, number, "X", envelope.version]
    ]
    for position, (set_id, segments) in enumerate(sets, start=1):
        control = f"{position:04}"
        lines += [["ST", set_id, control], *segments, ["SE", str(len(segments) + 2), control]]
    return [*lines, ["GE", str(len(sets)), number]]


def ta1(interchange: Interchange, *, code: str) -> Segment:
    """The TA1 that refuses an interchange (or accepts it, code "000")."""
    isa = interchange.isa
    return ["TA1", interchange.control_number, isa[9], isa[10], "A" if code == "000" else "R", code]


def acknowledgment(group: Group, *, reject: bool = False) -> list[Segment]:
    """The 997 of one group: AK5 for each set, AK9 for the whole. `reject` refuses every set on the partner's whim."""
    lines: list[Segment] = [["AK1", group.functional_id, group.control_number]]
    accepted = 0
    for one in group.sets:
        codes = list(dict.fromkeys(one.codes)) or (["5"] if reject else [])
        lines.append(["AK2", one.id, one.control_number])
        lines += [["AK3", tag, str(len(one.segments)), "", "3"] for tag in one.missing]
        lines += _element_faults(one)
        lines.append(["AK5", "R", *codes[:5]] if codes else ["AK5", "A"])
        accepted += not codes
    received, declared = len(group.sets), group.declared if group.declared.isdigit() else str(len(group.sets))
    if group.codes or not accepted:
        verdict, accepted = "R", 0
    else:
        verdict = "A" if accepted == received else "P"
    lines.append(["AK9", verdict, declared, str(received), str(accepted), *dict.fromkeys(group.codes)])
    return lines


def _element_faults(one: TransactionSet) -> list[Segment]:
    """AK3 for each segment in error, AK4 for each of its elements. The value is copied only where it is not blank."""
    lines: list[Segment] = []
    segment = 0
    for fault in one.elements:
        if fault.position != segment:
            segment = fault.position
            lines.append(["AK3", fault.tag, str(segment), "", "8"])
        lines.append(["AK4", str(fault.element), "", fault.code, *([fault.value[:99]] if fault.value else [])])
    return lines


def order_response(order: TransactionSet, *, verdict: str, day: str) -> list[Segment]:
    """An 855 about an 850. `verdict`: accepted, changed (the first line one short) or rejected."""
    lines = order.find("PO1")
    number, ordered_on = order.find("BEG")[0][3], order.find("BEG")[0][5]
    code = {"accepted": "AD", "changed": "AC", "rejected": "RD"}[verdict]
    segments: list[Segment] = [["BAK", "00", code, number, ordered_on, "", "", "", "", day]]
    for position, line in enumerate(lines):
        segments.append(line)
        quantity, unit = line[2], line[3] if len(line) > 3 else "EA"
        if verdict == "rejected":
            segments.append(["ACK", "IR", quantity, unit])
        elif verdict == "changed" and position == 0:
            segments.append(["ACK", "IQ", _plain(max(_decimal(quantity) - 1, Decimal(0))), unit, "068", day])
        else:
            segments.append(["ACK", "IA", quantity, unit, "068", day])
    return [*segments, ["CTT", str(len(lines))]]


def ship_notice(order: TransactionSet, *, shipment: str, at: datetime) -> list[Segment]:
    """An 856 that ships everything an 850 ordered: shipment, order, items."""
    day = at.strftime("%Y%m%d")
    segments: list[Segment] = [
        ["BSN", "00", shipment, day, at.strftime("%H%M"), "0004"],
        ["HL", "1", "", "S", "1"],
        ["DTM", "011", day],
        ["HL", "2", "1", "O", "1"],
        ["PRF", order.find("BEG")[0][3], "", "", order.find("BEG")[0][5]],
    ]
    lines = order.find("PO1")
    for position, line in enumerate(lines, start=3):
        pairs = line[6:8] if len(line) > 7 else ["VP", line[1]]
        segments += [
            ["HL", str(position), "2", "I", "0"],
            ["LIN", line[1], *pairs],
            ["SN1", line[1], line[2], line[3] if len(line) > 3 else "EA"],
        ]
    return [*segments, ["CTT", str(len(lines) + 2)]]


def order_change(order: TransactionSet, *, sequence: int, day: str) -> list[Segment]:
    """An 860 of the first line; each (`sequence` 1, 2 ...) orders one more than the one before it."""
    beginning, line = order.find("BEG")[0], order.find("PO1")[0]
    unit, pairs = line[3] if len(line) > 3 else "EA", line[6:8]
    before, after = (_plain(_decimal(line[2]) + step) for step in (sequence - 1, sequence))
    price = line[4] if len(line) > 4 else ""
    changed = ["POC", line[1], "QI", before, after, unit, price, "", *pairs]
    while changed[-1] == "":
        changed.pop()
    bch = ["BCH", "04", beginning[2], beginning[3], "", str(sequence), beginning[5], "", "", "", "", day]
    return [bch, changed, ["CTT", "1"]]


def invoice(order: TransactionSet, *, number: str, day: str) -> list[Segment]:
    """An 810 for everything an 850 ordered, at its prices."""
    beginning, lines = order.find("BEG")[0], order.find("PO1")
    segments: list[Segment] = [["BIG", day, number, beginning[5], beginning[3], "", "", "DI"]]
    total = Decimal(0)
    for line in lines:
        price = (line[4] if len(line) > 4 else "") or "0"
        total += _decimal(line[2]) * _decimal(price)
        segments.append(["IT1", line[1], line[2], line[3] if len(line) > 3 else "EA", price, *line[5:8]])
    return [*segments, ["TDS", str(int((total * 100).quantize(Decimal(1))))], ["CTT", str(len(lines))]]


def _decimal(text: str) -> Decimal:
    """A number of an order. Raises ValueError when it is none."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"the order has {text!r} where a number belongs") from error


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"
