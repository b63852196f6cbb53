"""What elements are called, and what the codes that trade documents use mean."""

from __future__ import annotations

from collections.abc import Mapping

_ELEMENTS = """
0001 Syntax identifier; 0002 Syntax version; 0004 Sender; 0007 Qualifier; 0008 Address for reverse routing
0010 Receiver; 0014 Routing address; 0017 Date; 0019 Time; 0020 Interchange reference
0026 Application reference; 0029 Priority; 0031 Acknowledgment wanted; 0032 Agreement; 0035 Test
0036 Number of messages; 0051 Agency; 0052 Version; 0054 Release; 0057 Association code; 0062 Message reference
0065 Message type; 0068 Common access reference; 0074 Number of segments; 0081 Section; 0083 Action
0085 Syntax error; 0096 Segment position; 0098 Element position; 0104 Component position; 1000 Document name
1001 Document; 1004 Document number; 1082 Line number; 1131 Code list; 1153 Kind of reference; 1154 Reference
1156 Line in it; 1222 Configuration level; 1225 Message function; 1227 Sequence; 1229 Action on the line
2005 Kind of date; 2009 Time relation; 2151 Kind of period; 2152 Number of periods; 2379 Format of the date
2380 Date; 2475 Reference of the time; 3035 Role; 3036 Name; 3039 Party number; 3042 Street
3055 Agency of the code; 3124 Name and address; 3127 Carrier; 3128 Carrier; 3139 Function of the contact
3148 Number or address; 3155 Channel; 3164 Town; 3207 Country; 3225 Place; 3227 Kind of place; 3229 Region
3251 Postal code; 3412 Contact; 3413 Contact code; 3453 Language; 4000 Version of it; 4053 Terms of delivery
4233 Marking instructions; 4276 Terms; 4277 Terms code; 4279 Kind of terms; 4343 Response wanted
4347 Kind of number; 4440 Text; 4441 Text code; 4451 Subject of the text; 4471 Settlement; 5004 Amount
5025 Kind of amount; 5118 Price; 5125 Kind of price; 5153 Tax; 5245 Kind of percentage; 5278 Tax rate
5283 Kind of duty or tax; 5284 Price basis; 5286 Tax base; 5289 Account; 5305 Tax category; 5375 Kind of price
5387 Price type; 5463 Allowance or charge; 5482 Per cent; 6060 Quantity; 6063 Kind of quantity
6066 Control total; 6069 Kind of control total; 6311 Use of the measure; 6313 Measured; 6314 Measure
6343 Currency use; 6345 Currency; 6347 Kind of currency; 6411 Unit; 7008 Description; 7064 Kind of packages
7065 Kind of packages; 7075 Packaging level; 7077 Kind of description; 7081 Characteristic; 7102 Mark
7140 Item number; 7143 Kind of number; 7160 Service; 7161 Service code; 7164 Hierarchy number
7166 Hierarchy parent; 7224 Number of packages; 7402 Identity number; 7405 Kind of identity number
8028 Journey number; 8051 Stage of transport; 8053 Kind of equipment; 8067 Mode of transport
8212 Means of transport; 8213 Means of transport; 8260 Equipment number
"""

ELEMENTS: Mapping[str, str] = {
    entry.split(" ", 1)[0]: entry.split(" ", 1)[1]
    for line in _ELEMENTS.strip().splitlines()
    for entry in line.strip().split("; ")
}
"""Names by element number."""

_CODES = """
1001 220 Order; 1001 221 Blanket order; 1001 224 Rush order; 1001 226 Call off order; 1001 227 Consignment order
1001 230 Order change; 1001 231 Order response; 1001 351 Despatch advice; 1001 380 Invoice; 1001 381 Credit note
1001 383 Debit note; 1225 1 Cancellation; 1225 4 Change; 1225 5 Replace; 1225 6 Confirmation; 1225 9 Original
1225 27 Not accepted; 1225 29 Accepted without changes; 2005 2 Requested delivery; 2005 11 Despatch; 2005 13 Due
2005 17 Estimated delivery; 2005 35 Delivery; 2005 137 Document; 2005 171 Reference; 3035 BY Buyer
3035 SU Supplier; 3035 DP Delivery party; 3035 IV Invoicee; 3035 SF Ship from; 3035 PE Payee; 5025 79 Lines
5025 77 Invoice; 5025 86 Message; 5025 124 Tax; 5025 125 Taxable; 5025 203 Line item; 5463 A Allowance
5463 C Charge; 6063 12 Despatched; 6063 21 Ordered; 6063 47 Invoiced; 6063 113 To be delivered
6069 1 Quantities; 6069 2 Lines; 0083 4 Rejected; 0083 7 Acknowledged; 0083 8 Received; 0035 1 Test
"""

CODES: Mapping[tuple[str, str], str] = {
    (entry.split(" ", 2)[0], entry.split(" ", 2)[1]): entry.split(" ", 2)[2]
    for line in _CODES.strip().splitlines()
    for entry in line.strip().split("; ")
}
"""Meanings by element number and code."""
