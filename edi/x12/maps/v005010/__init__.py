"""Version 005010 of the standard, as far as the seven transaction sets need it.

The dictionary and the segments are given as changes to 004010, the sets in full. Sources and open points as for 004010;
new here:

* LH212, LH213 and PAL17 are in the tables with their lengths only: ``x-...`` stands for their numbers, names are ours.
* BIG11 is 1005 by its length and place; EFI has relational notes that no source gave.
* 855 loops N9: MTX, PWK and EFI take the place of MSG (PWK and EFI in one of two tables only); so in 850, 860 and 865.
"""

from __future__ import annotations

from edi.x12.maps.codes import CODES
from edi.x12.maps.model import SetDef, Standard, read_composites, read_elements, read_segments, read_set
from edi.x12.maps.v005010 import dictionary, segments
from edi.x12.maps.v005010.sets import (
    change_acknowledgment,
    functional_acknowledgment,
    invoice,
    purchase_order,
    purchase_order_acknowledgment,
    purchase_order_change,
    ship_notice,
)

TABLES = {
    ("850", "Purchase Order", "PO"): purchase_order.TABLE,
    ("855", "Purchase Order Acknowledgment", "PR"): purchase_order_acknowledgment.TABLE,
    ("856", "Ship Notice/Manifest", "SH"): ship_notice.TABLE,
    ("860", "Purchase Order Change Request - Buyer Initiated", "PC"): purchase_order_change.TABLE,
    ("865", "Purchase Order Change Acknowledgment/Request - Seller Initiated", "CA"): change_acknowledgment.TABLE,
    ("810", "Invoice", "IN"): invoice.TABLE,
    ("997", "Functional Acknowledgment", "FA"): functional_acknowledgment.TABLE,
}
"""Transaction set id, name and functional id with the table of segments and loops."""


def _standard() -> Standard:
    elements = read_elements(dictionary.ELEMENTS, CODES)
    composites = read_composites(dictionary.COMPOSITES, elements)
    described = read_segments(segments.SEGMENTS, elements, composites)
    sets: dict[str, SetDef] = {}
    for (set_id, name, functional_id), table in TABLES.items():
        sets[set_id] = read_set(set_id, name, functional_id, table, described)
    return Standard("005010", elements, composites, described, sets)


STANDARD = _standard()
