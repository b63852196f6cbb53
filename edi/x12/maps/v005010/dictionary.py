"""Data elements and composites of 005010: those of 004010 with these changes and additions."""

from __future__ import annotations

from edi.x12.maps.model import revise
from edi.x12.maps.v004010 import dictionary as v004010

ELEMENTS = revise(
    v004010.ELEMENTS,
    """
127 AN 1/50 Reference Identification
184 ID 1/1 Volume Unit Qualifier
188 ID 1/1 Weight Unit Code
207 AN 1/15 Equipment Number
267 R 1/10 Net Explosive Quantity
358 R 1/15 Quantity Invoiced
364 AN 1/256 Communication Number
447 AN 1/4 Loop Identifier Code
480 AN 1/12 Version / Release / Industry Identifier Code
567 N0 4/5 Equipment Length
719 N0 1/10 Segment Position in Transaction Set
787 N0 1/15 Record Length
788 N0 1/5 Block Length
789 ID 2/2 Drawing Sheet Size Code
797 ID 2/2 Security Technique Code
800 AN 1/30 Interchange Format
801 AN 1/30 Compression Technique
802 AN 1/30 Program Identifier
803 AN 1/64 File Name
804 AN 1/4 Block Type
1000 ID 2/3 Service Characteristics Qualifier
1104 ID 2/2 Name Component Qualifier
1321 ID 2/3 Condition Indicator
1570 ID 3/3 Filter ID Code
1686 N0 1/4 Repeating Data Element Position
1705 AN 1/35 Implementation Convention Reference
1715 ID 1/3 Country Subdivision Code
x-LH212 ID 1/1 Hazardous Classification Indicator
x-LH213 R 1/10 Hazardous Classification Quantity
x-PAL17 ID 1/1 Pallet Structure Code
""",
)

COMPOSITES = revise(
    v004010.COMPOSITES,
    """
C030 Position in Segment: 722! 1528 1686
C056 Composite Race or Ethnicity Information: 1109 1270 1271
""",
)
