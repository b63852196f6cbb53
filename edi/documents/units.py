"""Units of measure: what Nordic books write, and the X12 element 355 code that partners understand."""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "EA": "each",
    "PC": "piece",
    "UN": "unit",
    "ST": "set",
    "KT": "kit",
    "PR": "pair",
    "DZ": "dozen",
    "HC": "hundred",
    "TH": "thousand",
    "CA": "case",
    "CT": "carton",
    "BX": "box",
    "BG": "bag",
    "BO": "bottle",
    "BA": "bale",
    "BR": "barrel",
    "CN": "can",
    "CG": "card",
    "DR": "drum",
    "JR": "jar",
    "PK": "package",
    "PA": "pail",
    "PL": "pallet",
    "RL": "roll",
    "RE": "reel",
    "SH": "sheet",
    "SP": "shelf package",
    "TB": "tube",
    "TY": "tray",
    "BK": "book",
    "KG": "kilogram",
    "GR": "gram",
    "ME": "milligram",
    "MP": "metric ton",
    "LB": "pound",
    "OZ": "ounce",
    "TN": "net ton",
    "LT": "litre",
    "ML": "millilitre",
    "DL": "decilitre",
    "C3": "centilitre",
    "GS": "gross",
    "GA": "gallon",
    "CR": "cubic metre",
    "CC": "cubic centimetre",
    "MR": "metre",
    "CM": "centimetre",
    "MM": "millimetre",
    "DK": "kilometre",
    "LM": "linear metre",
    "FT": "foot",
    "IN": "inch",
    "YD": "yard",
    "SM": "square metre",
    "SF": "square foot",
    "HR": "hour",
    "HU": "hundred",
    "MJ": "minute",
    "DA": "day",
    "WK": "week",
    "MO": "month",
    "YR": "year",
    "LO": "lot",
    "AS": "assortment",
    "KH": "kilowatt hour",
    "DS": "display",
    "PD": "pad",
    "PH": "pack",
}
"""Element 355 codes that a document may carry as they stand, with their meaning."""

_BOOKS = {
    "EA": "STK STCK STYCK STYKK ST ST. STK. PCS PCE EACH KPL",
    "UN": "ENHET",
    "ST": "SET SETT SATS SÆT",
    "PR": "PAR PARI",
    "DZ": "DUSIN DUSSIN",
    "CT": "KRT KART KARTONG CTN",
    "BX": "LTK ESK ÆSKE LÅDA BOX",
    "PK": "KOLLI PKT PAK PAKKE FRP FP PACK",
    "BG": "PÅSE POSE SÄCK SEKK",
    "BO": "FLASKA FLASKE FLS",
    "CN": "BURK BOKS DÅSE",
    "RL": "RULLE RLL RUL",
    "SH": "ARK",
    "TB": "TUB",
    "TY": "BRETT",
    "DR": "FAT",
    "PL": "PAL PALL PALLE LAVA",
    "KG": "KILO",
    "GR": "G GRAM",
    "ME": "MG",
    "MP": "TON TONN TONNE T",
    "LT": "L LTR LITER",
    "DL": "DCL",
    "CR": "M3 M³ KBM",
    "MR": "M MTR METER",
    "LM": "LPM LM",
    "DK": "KM",
    "SM": "M2 M² KVM",
    "HR": "H TIM TIMME TIME TIMER TMR T/H",
    "MJ": "MIN",
    "DA": "DAG DGN DØGN",
    "WK": "UKE VECKA",
    "MO": "MND MÅN",
    "YR": "ÅR",
    "KH": "KWH",
}

BOOK_UNITS: Mapping[str, str] = {name: code for code, names in _BOOKS.items() for name in names.split()}
"""Units of Swedish, Norwegian, Danish and Finnish books, upper-cased, to element 355 codes."""


def to_x12(unit: str, extra: Mapping[str, str] | None = None) -> str:
    """The element 355 code for a book unit or a code, "" when it is unknown.

    A tenant's own table `extra` comes first, then the Nordic units, then the codes themselves. `ST` is the Nordic
    "styck" and so means each; the code ST (set) is written for the unit `SET`.
    """
    name = unit.strip().upper()
    own = {key.upper(): code for key, code in extra.items()} if extra else {}
    return own.get(name) or BOOK_UNITS.get(name) or (name if name in CODES else "")


def from_x12(code: str) -> str:
    """The unit that a document states for an element 355 code: the code itself, but `SET` for ST."""
    return "SET" if code == "ST" else code
