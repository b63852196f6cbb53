"""Version 004010 of the standard, as far as the seven transaction sets need it.

Sources (facts of the standard: numbers, names, types, lengths, usage, order): the tables of two independent public
collections, each checked against the other, the dictionary of pyx12 for names and numbers, and published implementation
guides for relational notes. Where they disagree or are silent:

* 850 and 860, loop LDT inside LS: mandatory in one table, optional in the other. Optional here.
* Composites: one table marks every composite optional; AK401, INC02 and PD03 are mandatory here, as in the others.
* PD07: the tables do not agree on its data element; ``x-PD07`` stands for it and no number is sent in a 997.
* POC: up to 005010 the standard asks for POC04 and POC05 when POC03 is sent (C030405); later versions and most senders
  leave POC04 out, so only POC05 is checked (C0305).
* ETD05 and CB1: numbers from one source, lengths from the tables.
* Relational notes were read in a second table for A to C, I, P, S and T; those of D to H, L to N, V and Y come from
  guides, and L7, LFH, LH4 and FA1 have none because none was found.
"""

from __future__ import annotations

from edi.x12.maps.codes import CODES
from edi.x12.maps.model import SetDef, Standard, read_composites, read_elements, read_segments, read_set
from edi.x12.maps.v004010 import dictionary, segments
from edi.x12.maps.v004010.sets import (
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
    return Standard("004010", elements, composites, described, sets)


STANDARD = _standard()
