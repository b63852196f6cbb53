"""One rich valid document for each transaction set: what the mutation corpus breaks in one place at a time."""

from __future__ import annotations

from edi.x12.reader import read
from edi.x12.segments import Interchange, TransactionSet

FUNCTIONAL_IDS = {"850": "PO", "855": "PR", "856": "SH", "860": "PC", "865": "CA", "810": "IN", "997": "FA"}

BODIES = {
    "850": """
BEG*00*SA*PO-4711*REL1*20260115**AC
CUR*BY*USD*1.0325
REF*DP*038
REF*IA*0012345*Internal vendor
PER*BD*Anna Larsson*TE*5551234567*EM*anna@example.com
FOB*PP*DE*Destination*01*FOB
CSH*Y
SAC*A*C310***1250*Z*2.5**EA*10**02
ITD*01*3*2*20260215*10*20260315*30*****Net 30
DTM*010*20260201*0800*ES
DTM*001*20260215
PID*F*08***Spring range
TD5*O*2*UPSN*M*UPS Ground
TD4*HM
MAN*GM*00312345678901234561
TXI*VA*12.5*25
AMT*1*250.00
REF*CR*77
N9*L1*SPECIAL*Instructions
MSG*Deliver between 8 and 16
N1*ST*Warehouse East*92*0001
N2*Receiving
N3*100 Harbor Road*Dock 4
N4*Newark*NJ*07101*US
REF*WH*EAST
PER*DC*Dock office*TE*5550001111
N1*BT*Head Office*UL*7350053850019
N3*1 Main Street
N4*Stockholm**11122*SE
PO1*1*10*EA*12.5*PE*UP*012345678905*VN*V-1
LIN*1*SK*123
CUR*BY*USD
PO3*AP*20260120***PE*5*EA
CTP*RS*RES*19.99
PAM*63*10*EA
MEA*PD*WT*2.5*KG
PID*F*08***Blue shirt****EN
MEA*PD*HT*10*CM
PO4*12*1.5*EA*CTN25*G*2.25*KG*0.5*CF*10*20*30*CM
REF*LI*1
SAC*C*G830***500********Handling
ITD*01*3*1**10
SDQ*EA*92*0001*4*0002*6
DTM*002*20260210
TD5**2*FDEG
QTY*38*10*EA
SCH*10*EA***002*20260210
TD1*CTN25*2****G*45*LB
N9*ZZ*NOTE
MSG*Fold twice
N1*Z7*Store 12*92*0012
N3*12 Side Street
N4*Boston*MA*02101
SLN*1**I*2*EA*3.25*PE**VN*C-1
PID*F****Component
PO1*2*4*CA*100.25**VN*V-2*BP*B-2
PID*F****Red shirt
PO1*3*1*EA*0
CTT*3*15
AMT*TT*526.00
""",
    "855": """
BAK*00*AC*PO-4711*20260115**REQ1**SO-9*20260116
CUR*SE*USD
REF*VN*SO-9
PER*SR*Bo Ek*TE*5557654321
FOB*PP*DE*Destination
SAC*C*G830***500
ITD*01*3*2**10**30
DTM*068*20260201
PID*F****Confirmed
TD5*O*2*UPSN*M
N9*L1*TERMS
MSG*Subject to our terms
N1*ST*Warehouse East*92*0001
N3*100 Harbor Road
N4*Newark*NJ*07101*US
N1*SE*Shirt Maker AB*91*77
PO1*1*10*EA*12.5*PE*UP*012345678905*VN*V-1
PID*F****Blue shirt
REF*LI*1
DTM*068*20260201
ACK*IA*6*EA*068*20260201**VN*V-1
DTM*068*20260201
ACK*IB*4*EA*068*20260301
SCH*10*EA***068*20260201
N9*ZZ*NOTE
MSG*Second colour
N1*Z7*Store 12*92*0012
N3*12 Side Street
SLN*1**I*2*EA
PO1*2*4*CA*100.25**VN*V-2
ACK*IR*4*CA
CTT*2*14
AMT*TT*526.00
""",
    "856": """
BSN*00*SHIP-1*20260201*1015*0001
DTM*011*20260201*1015*ES
DTM*017*20260203
HL*1**S*1
TD1*CTN25*2****G*45.5*LB
TD5*O*2*UPSN*M*UPS Ground
TD3*TL*ABCD*123456
REF*BM*BOL-77
REF*CN*PRO-12
PER*SH*Dock*TE*5551112222
FOB*PP
N1*SF*Shirt Maker AB*91*77
N3*5 Factory Way
N4*Boras**50630*SE
N1*ST*Warehouse East*92*0001
N3*100 Harbor Road
N4*Newark*NJ*07101*US
HL*2*1*O*1
PRF*PO-4711*REL1**20260115
PID*F****Order of spring
REF*DP*038
N1*BY*Buyer Inc*92*99
HL*3*2*P*1
PO4*12*1*EA
MAN*GM*00312345678901234561
HL*4*3*I*0
LIN*1*UP*012345678905*VN*V-1
SN1*1*10*EA*10*10*EA
PID*F*08***Blue shirt
MEA*PD*WT*2.5*KG
DTM*036*20270101
SDQ*EA*92*0001*10
HL*5*2*P*1
MAN*GM*00312345678901234578
HL*6*5*I*0
LIN*2*VN*V-2
SN1*2*4*CA
CTT*6*14
""",
    "860": """
BCH*04*SA*PO-4711*REL1*1*20260115*REQ2****20260120
CUR*BY*USD
REF*DP*038
PER*BD*Anna Larsson*TE*5551234567
FOB*PP*DE*Destination
SAC*A*C310***1250
ITD*01*3*2**10**30
DTM*010*20260205
PID*F****Changed
TD5*O*2*UPSN*M
N9*L1*WHY
MSG*More of line one
N1*ST*Warehouse East*92*0001
N3*100 Harbor Road
N4*Newark*NJ*07101*US
POC*1*QI*15*5*EA*12.5*PE*UP*012345678905*VN*V-1
PID*F****Blue shirt
MEA*PD*WT*2.5*KG
PO4*12*1*EA
REF*LI*1
SAC*C*G830***500
SDQ*EA*92*0001*9*0002*6
DTM*002*20260212
QTY*38*10*EA
SCH*15*EA***002*20260212
N9*ZZ*NOTE
MSG*Fold twice
N1*Z7*Store 12*92*0012
N3*12 Side Street
SLN*1**I*2*EA
POC*2*DI*4**CA*100.25**VN*V-2
CTT*2*19
AMT*TT*588.50
""",
    "865": """
BCA*04*AC*PO-4711*REL1*1*20260115*REQ2***20260121
CUR*SE*USD
REF*VN*SO-9
PER*SR*Bo Ek*TE*5557654321
FOB*PP*DE*Destination
ITD*01*3*2**10**30
DTM*068*20260208
TD5*O*2*UPSN*M
N9*L1*TERMS
MSG*Subject to our terms
N1*ST*Warehouse East*92*0001
N3*100 Harbor Road
N4*Newark*NJ*07101*US
POC*1*QI*15*5*EA*12.5*PE*UP*012345678905*VN*V-1
PID*F****Blue shirt
REF*LI*1
DTM*068*20260208
ACK*IA*15*EA*068*20260208
DTM*068*20260208
SCH*15*EA***068*20260208
N1*Z7*Store 12*92*0012
N3*12 Side Street
SLN*1**I*2*EA
POC*2*DI*4**CA*100.25**VN*V-2
ACK*ID*4*CA
CTT*2*19
AMT*TT*588.50
""",
    "810": """
BIG*20260205*INV-1*20260115*PO-4711*REL1**DI*00
NTE*GEN*Thank you
CUR*SE*USD
REF*DP*038
REF*VX*SE556677889901
PER*AR*Bo Ek*TE*5557654321
N1*ST*Warehouse East*92*0001
N2*Receiving
N3*100 Harbor Road
N4*Newark*NJ*07101*US
N1*RE*Shirt Maker AB*91*77
N3*5 Factory Way
N4*Boras**50630*SE
ITD*01*3*2*20260215*10*20260307*30
DTM*011*20260201
FOB*PP*DE*Destination
PID*F****Spring range
N9*L1*NOTE
MSG*Pay to the account above
IT1*1*10*EA*12.5*PE*UP*012345678905*VN*V-1
QTY*39*10*EA
CTP*RS*RES*19.99
PID*F*08***Blue shirt
MEA*PD*WT*2.5*KG
PO4*12*1*EA
REF*LI*1
SDQ*EA*92*0001*4*0002*6
DTM*011*20260201
CAD*M***UPSN*UPS Ground**CN*PRO-12
SAC*C*G830***500********Handling
IT1*2*4*CA*100.25**VN*V-2
PID*F****Red shirt
SLN*1**O*2*EA
TDS*54350*53850
TXI*VA*12.50*25
CAD*M***UPSN
AMT*5*543.50
SAC*A*F800***2500********Spring promotion
ISS*2*CT*45.5*LB
PID*F****Cartons
CTT*2*14
""",
    "997": """
AK1*PO*17
AK2*850*0001
AK3*BEG*2**8
AK4*3*324*5*PO-47114711471147114711
AK4*5*373*8*20261399
AK3*PO1*12*PO1*8
AK4*2*330*6*12,5
AK5*R*5
AK2*850*0002
AK5*A
AK9*P*2*2*1
""",
}


def body(set_id: str, version: str) -> list[list[str]]:
    """Segments of the document as lists ``[tag, element, ...]``, without ST and SE."""
    rows = [line.split("*") for line in BODIES[set_id].split("\n") if line]
    if version.startswith("005010") and set_id not in ("810", "997"):
        rows = [["MTX", "", row[1]] if row[0] == "MSG" else row for row in rows]
    return rows


def document(rows: list[list[str]], set_id: str, version: str) -> str:
    """An interchange around ``rows`` with right counts."""
    isa12, isa11 = ("00501", "^") if version.startswith("005010") else ("00401", "U")
    empty, sender, receiver = " " * 10, "SENDER".ljust(15), "RECEIVER".ljust(15)
    isa = f"ISA*00*{empty}*00*{empty}*ZZ*{sender}*ZZ*{receiver}*260115*1200*{isa11}*{isa12}*000000001*0*P*>"
    lines = [isa, f"GS*{FUNCTIONAL_IDS[set_id]}*SENDER*RECEIVER*20260115*1200*1*X*{version}", f"ST*{set_id}*0001"]
    lines += ["*".join(row) for row in rows]
    lines += [f"SE*{len(rows) + 2}*0001", "GE*1*1", "IEA*1*000000001"]
    return "~\n".join(lines) + "~\n"


def transaction_set(rows: list[list[str]], set_id: str, version: str) -> tuple[TransactionSet, Interchange]:
    """``rows`` as the reader sees them."""
    interchange = read(document(rows, set_id, version)).interchanges[0]
    return interchange.sets[0], interchange
