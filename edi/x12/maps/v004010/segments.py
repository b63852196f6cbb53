"""Segments of 004010 with their complete element lists and relational notes.

Element order, usage and lengths agree in the public tables. In notes a composite counts as one position; tables that
count its components (the standard does) were renumbered.
"""

from __future__ import annotations

SEGMENTS = """
ST Transaction Set Header
    143! 329!
SE Transaction Set Trailer
    96! 329!
ACK Line Item Acknowledgment
    668! 380 355 374 373 326 10*(235 234) 559 822 1271
    P0203 C0405 P0708..P2728 C282729
ADV Advertising Demographic Information
    559! 1000! 740 741 729 1000 739
AK1 Functional Group Response Header
    479! 28!
AK2 Transaction Set Response Header
    143! 329!
AK3 Data Segment Note
    721! 719! 447 720
AK4 Data Element Note
    C030! 725 723! 724
AK5 Transaction Set Response Trailer
    717! 718x5
AK9 Functional Group Response Trailer
    715! 97! 123! 2! 716x5
AMT Monetary Amount
    522! 782! 478
BAK Beginning Segment for Purchase Order Acknowledgment
    353! 587! 324! 373! 328 326 367 127 373 640
BAL Balance Detail
    951! 522! 782!
BCA Beginning Segment for Purchase Order Change Acknowledgment
    353! 587 324! 328 327 373! 326 367 127 373x3 92 786 640
BCH Beginning Segment for Purchase Order Change
    353! 92! 324! 328 327 373! 326 367 127 373x2 1166 786 587 640 1232
BEG Beginning Segment for Purchase Order
    353! 92! 324! 328 373! 367 587 1019 1166 1232 786 640
BIG Beginning Segment for Invoice
    373! 76! 373 324 328 327 640 353 306 76
BSN Beginning Segment for Ship Notice
    353! 396! 373! 337! 1005 640 641
    C0706
CAD Carrier Detail
    91 206 207 140 387 368 128 127 284
    R0405 C0708
CB1 Contract and Cost Accounting Standards Data
    1309! 1310
CLD Load Detail
    622! 382! 103 357 355
    C0504
CN1 Contract Information
    1166! 782 332 127 338 799
CRC Conditions Indicator
    1136! 1073! 1321! 1321x4
CSH Sales Requirements
    563 306 610 508 373 559 560 566 954 1004
    C0203 P0607 P0910
CTB Restrictions/Conditions
    688! 352 673 380 522 610
    R020406 P0304 P0506
CTP Pricing Information
    687 236 212 380 C001 648 649 782 639 499 289
    P0405 C0607 C0902 C1002 C1103
CTT Transaction Totals
    354! 347 81 355 183 355 352
    P0304 P0506
CUR Currency
    98! 100! 280 98 100 669 5*(374 373 337)
    C0807 C0907 L101112 C1110 C1210 L131415 C1413 C1513 L161718 C1716 C1816 L192021 C2019 C2119
DIS Discount Detail
    653! 654! 655! 656! 657! 657
DMG Demographic Information
    1250 1251 1068 1067 1109 1066 26 659 380
    P0102
DTM Date/Time Reference
    374! 373 337 623 1250 1251
    R020305 C0403 P0506
DTP Date or Time or Period
    374! 1250! 1251!
ETD Excess Transportation Detail
    626! 627! 128 127 306
    P0304
FA1 Type of Financial Accounting Data
    559! 1300 248
FA2 Accounting Data
    1195! 1196!
FOB F.O.B. Related Instructions
    146! 309 352 334 335 309 352 54 352
    C0302 C0405 C0706 C0809
G53 Maintenance Type
    875!
G61 Contact
    366! 93! 365 364 443
    P0304
GF Furnished Goods and Services
    128 127 367 782 128 127 328 128 127
    P0102 P0506 P0809
HL Hierarchical Level
    628! 734 735! 736
INC Installment Information
    336! C001! 380! 380! 782
ISS Invoice Shipment Summary
    382 355 81 355 183 355 380 81
    R010305 P0102 P0304 P0506
IT1 Baseline Item Data (Invoice)
    350 358 355 212 639 10*(235 234)
    P020304 P0607..P2425
IT3 Additional Item Data
    382 355 368 383 371
    P0102 R01030405
IT8 Conditions of Sale
    563 306 610 508 373 559 566 10*(235 234)
    R0102030507 P0809..P2627
ITD Terms of Sale/Deferred Terms of Sale
    336 333 338 370 351 446 386 362 388 389 342 352 765 107 954
    L03040513 L08040513 L091011
L7 Tariff Reference
    213 168 171 172 169 170 59 173 46 373 119 227 294 295 19 156
LDT Lead Time
    345! 380! 344! 373
LE Loop Trailer
    447!
LEP EPA Required Data
    806 807 156 127
LFH Free-Form Hazardous Material Information
    808! 809! 809 1023 355 380 380
LH1 Hazardous Identification Information
    355! 80! 277 200 22 355 380 595 665 254 1375
    P0607
LH2 Hazardous Classification Information
    215 983 218 222 759 355 408 355 408 355 408
    P0607 P0809 P1011
LH3 Hazardous Material Shipping Name
    224 984 985 1073
    P0102
LH4 Canadian Dangerous Requirements
    238 364 254 230 230 230 271 267 805 986 364 355
LHE Empty Equipment Hazardous Material Information
    224! 218! 128! 127! 759
LHR Hazardous Material Identifying Reference Numbers
    128! 127! 373
LHT Transborder Hazardous Requirements
    215 218 222
LIN Item Identification
    350 235! 234! 14*(235 234)
    P0405..P3031
LM Code Source Information
    559! 822
LQ Industry Code
    1270 1271
    C0102
LS Loop Header
    447!
MAN Marks and Numbers
    88! 87! 87 88 87 87
    P0405 C0605
MEA Measurements
    737 738 739 C001 740 741 935 936 752 1373
    R03050608 C0504 C0604 L07030506 E0803
MSG Message Text
    933! 934 1470
    C0302
MTX Text
    363 1551 1551 934
    C0102 C0302
N1 Name
    98! 93 66 67 706 98
    R0203 P0304
N2 Additional Name Information
    93! 93
N3 Address Information
    166! 166
N4 Geographic Location
    19 156 116 26 309 310
    C0605
N9 Reference Identification
    128! 127 369 373 337 623 C040
    R0203 C0605
NTE Note/Special Instruction
    363 352!
NX2 Location ID Component
    1106! 166! 1096
PAL Pallet Information
    883 884 885 356 395 355 82 189 65 355 384 355 385 355 399 810
    P0506 C0710 C0810 C0910 L10070809 P1112 P1314
PAM Period Amount
    673 380 C001 522 782 344 374 373 337 374 373 337 1004 954 1073
    P010203 R020514 P0405 C0706 P0607 L070809 C0807 C0907 L101112 C1110 P1314
PCT Percent Amounts
    1004! 954!
PD Pricing Data
    344! 373! C001! 380! 93! 352 x-PD07 127 352 1401
PDD Pricing Data Detail
    350! 380 782 954 1401
    R020304
PER Administrative Communications Contact
    366! 93 365 364 365 364 365 364 443
    P0304 P0506 P0708
PID Product/Item Description
    349! 750 559 751 352 752 822 1073 819
    C0403 R0405 C0703 C0804 C0905
PKG Marking, Packaging, Loading
    349 753 559 754 352 400
    C0403 R040506 C0501
PO1 Baseline Item Data
    350 330 355 212 639 10*(235 234)
    C0302 C0504 P0607..P2425
PO3 Additional Item Detail
    371! 373 236 212 639 380! 355! 352
    L040305
PO4 Item Physical Details
    356 357 355 103 187 384 355 385 355 82 189 65 355 810 752 350 350 1470
    P0203 C0506 P0607 P0809 L13101112 C1013 C1113 C1213 C1716 C1804
POC Line Item Change
    350 670! 330 671 C001 212 639 10*(235 234)
    C0305 C0706 P0809..P2627
PRF Purchase Order Reference
    324! 328 327 373 350 367 92
PWK Paperwork
    755! 756 757 98 66 67 352 C002 1525
    P0506
QTY Quantity
    673! 380 C001 61
    R0204 E0204
R4 Port or Terminal
    115! 309 310 114 26 174 113 156
    P0203
REF Reference Identification
    128! 127 352 C040
    R0203
SAC Service, Promotion, Allowance, or Charge Information
    248! 1300 559 1301 610 378 332 118 355 380 380 331 127 770 352 819
    R0203 P0304 P0607 P0910 C1110 L130204 C1413 C1615
SCH Line Item Schedule
    380! 355! 98 93 374! 373! 337 374 373 337 326 350
    C0304 L080910 C0908 C1008
SDQ Destination Quantity
    355! 66 67! 380! 9*(67 380) 310
    P0506..P2122
SI Service Characteristic Identification
    559! 1000! 234! 9*(1000 234)
    P0405..P2021
SLN Subline Item Detail
    350! 350 662! 380 C001 212 639 662 10*(235 234)
    P0405 C0706 C0806 P0910..P2728
SN1 Item Detail (Shipment)
    350 382! 355! 646 330 355 728 668
    P0506
SPI Specification Identifier
    786! 128 127 790 791 792 353 755 786 559 822 554 1322 1401 1005
    P0203
SR Requested Service Schedule
    350 1430 337 337 3 212 380 373 373 234 234
    C0403 C0908
TAX Tax Reference
    325 309 310 309 310 309 310 309 310 309 310 441 1179
    R0103 P0203 P0405 P0607 P0809 P1011
TC2 Commodity
    23! 22!
TD1 Carrier Details (Quantity and Weight)
    103 80 23 22 79 187 81 355 183 355
    C0102 C0304 C0607 P0708 P0910
TD3 Carrier Details (Equipment)
    40 206 207 187 81 355 102 407 225 24
    E0110 C0203 C0405 P0506
TD4 Carrier Details (Special Handling, or Hazardous Materials, or Both)
    152 208 209 352 1073
    R010204 C0203
TD5 Carrier Details (Routing Sequence/Transit Time)
    133 66 67 91 387 368 309 310 731 732 733 284 284 284 26
    R0204050612 C0203 C0708 C1011 C1312 C1413 C1512
TDS Total Monetary Value Summary
    610! 610x3
TSD Trailer Shipment Details
    350 219
TXI Tax Information
    963! 782 954 955 956 441 662 828 325 350
    R020306 P0405 C0803
V1 Vessel Identification
    597 182 26 55 140 249 854 897 91
    R0102 C0801
YNQ Yes/No Question
    1321 1073! 1250 1251 933x3 1270 1271 933
    P0304
"""
