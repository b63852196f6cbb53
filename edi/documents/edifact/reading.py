"""What all EDIFACT readers share: a message in heading, lines and summary, findings, and what is left over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from edi.documents import texts
from edi.documents.edifact import codes
from edi.documents.edifact.values import from_unit
from edi.documents.reading import LeftOver
from edi.documents.values import Address, Charge, Contact, ItemId, Party, PartyId, Reference, Tax, Terms
from edi.edifact.segments import Message, Segment
from edi.edifact.validate import number
from edi.x12.findings import Finding, quoted

W = TypeVar("W")


class View:
    """One segment; a segment that is asked for a value counts as used."""

    __slots__ = ("position", "reading", "segment")

    def __init__(self, segment: Segment, position: int, reading: Reading) -> None:
        self.segment, self.position, self.reading = segment, position, reading

    @property
    def tag(self) -> str:
        return self.segment.tag

    def peek(self, element: int, component: int = 1) -> str:
        """A component, without counting the segment as used."""
        return self.segment.get(element, component).strip()

    def get(self, element: int, component: int = 1) -> str:
        self.reading.used.add(self.position)
        return self.peek(element, component)

    def all(self, element: int, first: int = 1) -> list[str]:
        """The components of an element from ``first`` on that say something."""
        self.reading.used.add(self.position)
        parts = self.segment.elements[element - 1] if element <= len(self.segment.elements) else ()
        return [part.strip() for part in parts[first - 1 :] if part.strip()]

    def number(self, element: int, component: int, name: str) -> Decimal | None:
        """A number with a point or a comma."""
        text = self.get(element, component)
        value = number(text) if text else None
        if text and value is None:
            self.fail("number-unreadable", f"The {name} {quoted(text)} is not a number.")
        return value

    def date(self, name: str) -> dt.date | None:
        """The date of a DTM, whatever its time."""
        moment = self.moment(name)
        return None if moment is None else moment.date()

    def moment(self, name: str) -> dt.datetime | None:
        """The date and time of a DTM: CCYYMMDD, YYMMDD, with hours and minutes, with seconds."""
        text, form = self.get(1, 2), self.get(1, 3)
        forms = {"102": "%Y%m%d", "101": "%y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S", "201": "%y%m%d%H%M"}
        sizes = {"102": 8, "101": 6, "203": 12, "204": 14, "201": 10}
        try:
            if len(text) != sizes.get(form, 0) or not text.isascii() or not text.isdigit():
                raise ValueError
            return dt.datetime.strptime(text, forms[form])  # noqa: DTZ007 - a day of the trade, in nobody's zone
        except ValueError:
            self.fail("date-unreadable", f"The {name} {quoted(text)} is not a date of the format {form or '(none)'}.")
            return None

    def fail(self, code: str, text: str) -> None:
        """An error about this segment."""
        self.reading.fail(code, text, self)


class Reading:
    """A message being read."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.used: set[int] = set()
        self.findings: list[Finding] = []
        self.views = [View(segment, position, self) for position, segment in enumerate(message.body, start=2)]
        first = next((i for i, v in enumerate(self.views) if v.tag in ("LIN", "CPS", "UNS", "CNT")), len(self.views))
        last = next((i for i, v in enumerate(self.views) if v.tag in ("UNS", "CNT")), len(self.views))
        self.heading = self.views[:first]
        self.detail = self.views[first : max(first, last)]
        self.summary = self.views[max(first, last) :]
        for view in self.summary:
            if view.tag in ("UNS", "CNT"):
                view.get(1)

    def fail(self, code: str, text: str, view: View | None = None, *, severity: str = "error") -> None:
        """An error: the document cannot be read as it stands."""
        place = view.segment if view is not None else self.message.header
        self.findings.append(
            Finding(
                level="meaning",
                code=code,
                message=text,
                severity="error" if severity == "error" else "warning",
                segment=place.tag,
                position=view.position if view is not None else 1,
                offset=place.offset,
                set_id=self.message.type,
                set_control=self.message.reference,
            )
        )

    def word(self, view: View, element: int, table: Mapping[str, W], default: W, name: str) -> W:
        """The word for a code; a code that the table does not have is an error."""
        code = view.get(element)
        if code and code not in table:
            view.fail("code-not-understood", f"The {name} {quoted(code)} is not understood here; ask the sender.")
        return table.get(code, default)

    @property
    def left_over(self) -> tuple[LeftOver, ...]:
        """The segments of which the document holds nothing."""
        return tuple(
            LeftOver(view.position, view.tag, tuple(":".join(parts) for parts in view.segment.elements), ())
            for view in self.views
            if view.position not in self.used
        )


def blocks(views: Sequence[View], tag: str) -> list[list[View]]:
    """From each ``tag`` to the next."""
    starts = [i for i, view in enumerate(views) if view.tag == tag]
    return [list(views[a:b]) for a, b in zip(starts, [*starts[1:], len(views)], strict=False)]


def groups(views: Sequence[View], tag: str, members: Collection[str]) -> list[list[View]]:
    """Each ``tag`` with the segments of its group behind it."""
    found: list[list[View]] = []
    for view in views:
        if view.tag == tag:
            found.append([view])
        elif found and found[-1] and view.tag in members:
            found[-1].append(view)
        elif found and found[-1]:
            found.append([])
    return [group for group in found if group]


def one(views: Sequence[View], tag: str, code: str) -> View | None:
    """The first segment with this tag and qualifier (the first component of its first element)."""
    return next((view for view in views if view.tag == tag and view.peek(1) == code), None)


def date_of(views: Sequence[View], kind: str, name: str) -> dt.date | None:
    """The date of a kind."""
    view = one(views, "DTM", kind)
    return None if view is None else view.date(name)


def amount_of(views: Sequence[View], kind: str, name: str) -> Decimal | None:
    """The amount of a kind."""
    view = one(views, "MOA", kind)
    return None if view is None else view.number(1, 2, name)


def quantity_of(views: Sequence[View], kind: str) -> tuple[Decimal | None, str]:
    """The quantity of a kind and its unit."""
    view = one(views, "QTY", kind)
    return (None, "") if view is None else (view.number(1, 2, "quantity"), from_unit(view.get(1, 3)))


def reference_of(views: Sequence[View], kind: str) -> str:
    """The first reference of a kind."""
    view = one(views, "RFF", kind)
    return "" if view is None else view.get(1, 2)


def price_of(views: Sequence[View]) -> Decimal | None:
    """The net price of one unit."""
    view = one(views, "PRI", "AAA") or one(views, "PRI", "NTP")
    if view is None:
        return None
    price, basis = view.number(1, 2, "price"), view.number(1, 5, "price basis")
    return price / basis if price is not None and basis else price


def currency_of(views: Sequence[View]) -> str:
    """The currency of the document."""
    view = next((view for view in views if view.tag == "CUX"), None)
    return "" if view is None else view.get(1, 2)


def notes_of(views: Sequence[View]) -> tuple[str, ...]:
    """Free texts, one each FTX; the terms of payment are no notes."""
    found = (view for view in views if view.tag == "FTX" and view.peek(4) and view.peek(1) != "AAB")
    return tuple(texts.join(view.all(4)) for view in found)


def description_of(views: Sequence[View]) -> str:
    """The description of an item, from all IMD that hold one."""
    return texts.join(part for view in views if view.tag == "IMD" and view.peek(3, 4) for part in view.all(3, 4))


def items_of(views: Sequence[View]) -> tuple[ItemId, ...]:
    """The item numbers of LIN and PIA."""
    found: list[ItemId] = []
    for view in views:
        if view.tag == "LIN" and view.peek(3, 1):
            found.append(_item(view, 3))
        elif view.tag == "PIA":
            found += [_item(view, place) for place in range(2, len(view.segment.elements) + 1) if view.peek(place)]
    return tuple(found)


def _item(view: View, place: int) -> ItemId:
    scheme = codes.ITEM_IDS_READ.get(view.peek(place, 2), "other")
    return ItemId(scheme=scheme, value=view.get(place, 1))  # type: ignore[arg-type]


def line_number(views: Sequence[View]) -> str:
    """The line's number: of the reference, where LIN could not hold it."""
    counted = views[0].get(1)
    return reference_of(views, "LI") or counted


PARTY_MEMBERS = ("LOC", "FII", "RFF", "DTM", "DOC", "CTA", "COM")


def parties_of(views: Sequence[View]) -> tuple[Party, ...]:
    """The parties in roles that documents know; the others stay left over."""
    found: list[Party] = []
    for group in groups(views, "NAD", PARTY_MEMBERS):
        nad = group[0]
        role = codes.ROLES_READ.get(nad.peek(1))
        if role is None or any(party.role == role for party in found):
            continue
        ids = []
        if nad.peek(2):
            ids.append(PartyId(scheme=codes.AGENCIES_READ.get(nad.peek(2, 3), "other"), value=nad.get(2)))  # type: ignore[arg-type]
        for view in group:
            scheme = codes.PARTY_REFERENCES_READ.get(view.peek(1)) if view.tag == "RFF" else None
            if scheme is not None and view.peek(1, 2):
                ids.append(PartyId(scheme=scheme, value=view.get(1, 2)))  # type: ignore[arg-type]
        found.append(
            Party(
                role=role,  # type: ignore[arg-type]
                name=texts.join(nad.all(4) or nad.all(3)),
                ids=tuple(ids),
                address=_address(nad),
                contact=_contact(group),
            )
        )
    return tuple(found)


def _address(nad: View) -> Address | None:
    address = Address(
        lines=tuple(nad.all(5)), city=nad.get(6), region=nad.get(7), postal_code=nad.get(8), country=nad.get(9)
    )
    return None if address == Address() else address


def _contact(group: Sequence[View]) -> Contact | None:
    cta = next((view for view in group if view.tag == "CTA"), None)
    if cta is None:
        return None
    channels = {view.peek(1, 2): view.get(1) for view in group if view.tag == "COM" and view.peek(1, 2) in ("TE", "EM")}
    return Contact(name=cta.get(2, 2), phone=channels.get("TE", ""), email=channels.get("EM", ""))


def references_of(views: Sequence[View]) -> tuple[Reference, ...]:
    """The further numbers of the document, of the kinds that it knows."""
    outside = [view for view in _before_parties(views) if view.tag == "RFF"]
    known = [(codes.REFERENCES_READ.get(view.peek(1)), view) for view in outside]
    return tuple(
        Reference(kind=kind, value=view.get(1, 2))  # type: ignore[arg-type]
        for kind, view in known
        if kind is not None and view.peek(1, 2)
    )


def _before_parties(views: Sequence[View]) -> list[View]:
    place = next((i for i, view in enumerate(views) if view.tag == "NAD"), len(views))
    return list(views[:place])


def terms_of(views: Sequence[View]) -> Terms | None:
    """The terms of payment: of PAT 1 (or 3) and PAT 22, in words of FTX AAB."""
    stated = Terms(text=texts.join(part for v in views if v.tag == "FTX" and v.peek(1) == "AAB" for part in v.all(4)))
    for group in groups(views, "PAT", ("DTM", "PCD", "MOA")):
        pat = group[0]
        kind = pat.peek(1)
        days = pat.number(3, 4, "days") if pat.peek(3, 3) in ("", "D") else None
        whole = None if days is None else int(days)
        if kind in ("1", "3"):
            pat.get(1)
            stated = msgspec.structs.replace(stated, net_days=whole, due_date=date_of(group, "13", "due date"))
        elif kind == "22":
            pat.get(1)
            per_cent = one(group, "PCD", "12")
            percent = None if per_cent is None else per_cent.number(1, 2, "discount")
            stated = msgspec.structs.replace(stated, discount_days=whole, discount_percent=percent)
    return None if stated == Terms() else stated


def charges_of(views: Sequence[View]) -> tuple[Charge, ...]:
    """Allowances and charges that state an amount."""
    found = []
    for group in groups(views, "ALC", ("ALI", "DTM", "QTY", "PCD", "MOA", "RTE", "RNG")):
        alc = group[0]
        amount = next(
            (amount_of(group, kind, "allowance or charge") for kind in ("8", "23", "204") if one(group, "MOA", kind)),
            None,
        )
        if amount is None or alc.peek(1) not in ("A", "C"):
            continue
        is_allowance = (alc.get(1) == "A") == (amount >= 0)
        text = texts.join(alc.all(5, 4))
        found.append(
            Charge(
                kind="allowance" if is_allowance else "charge",
                code=alc.get(2) or alc.get(5),
                text=text,
                amount=abs(amount),
            )
        )
    return tuple(found)


def taxes_of(views: Sequence[View]) -> tuple[Tax, ...]:
    """Taxes that state an amount."""
    found = []
    for group in groups(views, "TAX", ("MOA", "LOC")):
        tax = group[0]
        amount = amount_of(group, "124", "tax")
        if amount is None:
            continue
        rate, base = tax.number(5, 4, "tax rate"), tax.number(4, 1, "tax base")
        found.append(Tax(code=tax.get(2, 4), rate=rate, base=base, amount=amount))
    return tuple(found)
