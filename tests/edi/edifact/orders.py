"""A small order to read and to break, built without the writer."""

from __future__ import annotations

UNB = "UNB+UNOC:3+7350099123405:14+5790000000012:14+260504:1230+42"
ORDER = (
    "UNH+1+ORDERS:D:96A:UN:EAN008",
    "BGM+220+500001+9",
    "DTM+137:20260504:102",
    "NAD+BY+7350099123405::9++Blåbär & Örter AB+Hamngatan 1+Göteborg++411 14+SE",
    "RFF+VA:SE556699112301",
    "CUX+2:SEK:9",
    "LIN+1",
    "PIA+1+A-1:IN",
    "QTY+21:10:PCE",
    "PRI+AAA:4.5",
    "LIN+2",
    "QTY+21:2:KGM",
    "UNS+S",
    "CNT+2:2",
    "UNT+15+1",
)
SEGMENTS = (UNB, *ORDER, "UNZ+1+42")


def text(*segments: str, terminator: str = "'", line_break: str = "\n") -> str:
    """The segments (all of the order when none are given) as one text."""
    return "".join(segment + terminator + line_break for segment in segments or SEGMENTS)


def replaced(old: str, new: str) -> str:
    """The order with one change."""
    whole = text()
    assert whole.count(old) == 1, old
    return whole.replace(old, new)
