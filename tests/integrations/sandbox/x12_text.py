"""X12 text for tests of the Cleo simulator, written by hand so that every fault can be put in."""

from __future__ import annotations

ORDER = (
    "BEG*00*SA*500001**20261101",
    "PO1*1*10*EA*12.50**VP*A1",
    "PO1*2*4*EA*3.25**VP*B2",
    "CTT*2",
)
INVOICE = ("BIG*20261102*I-77**500001", "IT1*1*10*EA*12.50**VP*A1", "TDS*12500", "CTT*1")


def isa(*, sender: str, receiver: str, number: int, usage: str = "P", ta1: str = "0") -> str:
    """An ISA segment without its terminator: 105 characters."""
    blank = " " * 10
    parties = f"ZZ*{sender:15}*ZZ*{receiver:15}"
    return f"ISA*00*{blank}*00*{blank}*{parties}*261120*1200*U*00401*{number:09}*{ta1}*{usage}*>"


def interchange(
    *sets: tuple[str, tuple[str, ...]],
    sender: str = "NORDLOGISTIK",
    receiver: str = "SUP50001",
    number: int = 1,
    usage: str = "P",
    functional_id: str = "PO",
    ta1: str = "0",
) -> str:
    """One interchange with one group."""
    lines = [
        isa(sender=sender, receiver=receiver, number=number, usage=usage, ta1=ta1),
        f"GS*{functional_id}*{sender}*{receiver}*20261120*1200*{number}*X*004010",
    ]
    for position, (set_id, segments) in enumerate(sets, start=1):
        lines += [f"ST*{set_id}*{position:04}", *segments, f"SE*{len(segments) + 2}*{position:04}"]
    lines += [f"GE*{len(sets)}*{number}", f"IEA*1*{number:09}"]
    return "".join(f"{line}~" for line in lines)


def purchase_order(number: int = 1, **values: str) -> str:
    """An interchange with one 850."""
    return interchange(("850", ORDER), number=number, **values)
