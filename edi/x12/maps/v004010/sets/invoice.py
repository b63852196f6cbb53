"""810 Invoice of 004010: segments and loops in their order."""

from __future__ import annotations

TABLE = """
# heading
ST!, BIG!, NTE 100, CUR, REF 12, YNQ 10, PER 3
N1 200:
    N2 2, N3 2, N4, REF 12, PER 3, DMG
ITD >1, DTM 10, FOB, PID 200, MEA 40, PWK 25, PKG 25, L7, BAL >1, INC, PAM >1
LM 10:
    LQ! 100
N9:
    MSG! 10
V1 >1:
    R4 >1, DTM >1
FA1 >1:
    FA2! >1
# detail
IT1 200000:
    CRC, QTY 5, CUR, IT3 5, TXI 10, CTP 25, PAM 10, MEA 40
    PID 1000:
        MEA 10
    PWK 25, PKG 25, PO4, ITD 2, REF >1, YNQ 10, PER 5, SDQ 500, DTM 10, CAD >1, L7 >1, SR
    SAC 25:
        TXI 10
    SLN 1000:
        DTM, REF >1, PID 1000, SAC 25, TC2 2, TXI 10
    N1 200:
        N2 2, N3 2, N4, REF 12, PER 3, DMG
    LM 10:
        LQ! 100
    V1 >1:
        R4 >1, DTM >1
    FA1 >1:
        FA2! >1
# summary
TDS!, TXI 10, CAD, AMT >1
SAC 25:
    TXI 10
ISS >1:
    PID
CTT, SE!
"""
