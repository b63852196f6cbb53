"""Segments of 005010: those of 004010 with these changed or added."""

from __future__ import annotations

from edi.x12.maps.model import revise
from edi.x12.maps.v004010 import segments as v004010

SEGMENTS = revise(
    v004010.SEGMENTS,
    """
ST Transaction Set Header
    143! 329! 1705
AK1 Functional Group Response Header
    479! 28! 480
AK2 Transaction Set Response Header
    143! 329! 1705
AT9 Trailer or Container Dimension and Weight
    567 65 189 187 188 81 184 183
BIG Beginning Segment for Invoice
    373! 76! 373 324 328 327 640 353 306 76 1005
CAD Carrier Detail
    91! 206 207 140 387 368 128 127 284
    R0405 C0708
CTB Restrictions/Conditions
    688! 352 673 380 522 610 C001
    R020406 P0304 P0506
DMG Demographic Information
    1250 1251 1068 1067 C056 1066 26 659 380 1270 1271
    P0102 P1011 C1105
EFI Electronic Format Identification
    786! 933 797 799 802 799 800 799 801 789 803 804 787 788 799 1570
IN2 Individual Name Structure Components
    1104! 93! 93
INC Installment Information
    336! C001! 380! 380 782 522
LFH Free-Form Hazardous Material Information
    808! 809! 809 1023 355 380 380 373
LH2 Hazardous Classification Information
    215 983 218 222 759 355 408 355 408 355 408 x-LH212 x-LH213
    P0607 P0809 P1011
MEA Measurements
    737 738 739 C001 740 741 935 936 752 1373 1270 1271
    R03050608 E0412 L050412 L060412 L07030506 E0803 P1112
MTX Text
    363 1551 1551 934 1470 819
    C0102 C0302
N4 Geographic Location
    19 156 116 26 309 310 1715
    E0207 C0605 C0704
NX2 Location ID Component
    1106! 166! 1096 1106 166
PAL Pallet Information
    883 884 885 356 395 355 82 189 65 355 384 355 385 355 399 810 x-PAL17
    P0506 C0710 C0810 C0910 L10070809 P1112 P1314
""",
)
