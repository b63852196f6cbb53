"""Which segments belong to which loop, where readers must tell them apart.

A loop's own inner loops count as its segments. Max uses and order are the business of `edi.x12.maps`; here stands only
what ends a loop, for both versions at once.
"""

from __future__ import annotations

from collections.abc import Mapping

Members = Mapping[str, frozenset[str]]


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTY = _tags("N2 IN2 N3 N4 NX2 QTY REF PER SI DTM FOB SCH TD1 TD5 TD3 TD4 PKG LDT MAN MSG MTX DMG")
NOTE = _tags("DTM MEA MSG MTX PWK EFI")
SUB_LINE = _tags("MSG MTX SI PID PO3 MEA TC2 ADV DTM CTP PAM PO4 TAX SAC CUR ACK QTY REF TXI N2 IN2 N3 N4 NX2 PER")

ORDER_LOOPS: Members = {
    "N1": PARTY - _tags("DTM SCH"),
    "N9": NOTE,
    "LM": _tags("LQ"),
    "SPI": _tags("REF DTM MSG MTX N2 N3 N4 G61 CB1 LDT"),
    "ADV": _tags("DTM MTX"),
    "LDT": _tags("QTY MTX REF"),
}
"""Loops of the heading of 850, 855, 860 and 865."""

ORDER_LINE_LOOPS: Members = {
    "N1": PARTY,
    "N9": NOTE,
    "SLN": SUB_LINE,
    "SCH": _tags("TD1 TD5 TD3 TD4 REF"),
    "LS": _tags("LDT QTY MSG MTX REF LM LQ LE"),
    "LM": _tags("LQ"),
    "LDT": _tags("QTY MSG MTX REF LM LQ"),
    "PKG": _tags("MEA"),
    "QTY": _tags("SI"),
    "AMT": _tags("REF PCT"),
    "ACK": _tags("DTM"),
    "PD": _tags("PDD"),
}
"""Loops of a line of 850, 855, 860 and 865."""

INVOICE_LOOPS: Members = {
    "N1": _tags("N2 N3 N4 REF PER DMG"),
    "N9": _tags("MSG"),
    "LM": _tags("LQ"),
    "V1": _tags("R4 DTM"),
    "FA1": _tags("FA2"),
    "SAC": _tags("TXI DTM"),
    "SLN": SUB_LINE,
    "ISS": _tags("PID"),
}
"""Loops of heading, line and summary of an 810."""

LEVEL_LOOPS: Members = {
    "N1": _tags("N2 N3 N4 REF PER FOB"),
    "LH1": _tags("LH2 LH3 LFH LEP LH4 LHT LHR PER LHE"),
    "CLD": _tags("REF DTP"),
    "SAC": _tags("CUR"),
    "LM": _tags("LQ"),
    "V1": _tags("R4 DTM"),
}
"""Loops of one HL level of an 856."""
