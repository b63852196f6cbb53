"""860 Purchase Order Change Request - Buyer Initiated of 004010: segments and loops in their order."""

from __future__ import annotations

TABLE = """
# heading
ST!, BCH!, CUR, REF >1, PER 3, TAX >1, FOB >1, CTP >1, PAM 10, CSH 5
SAC 25:
    CUR
ITD 5, DIS 20, INC, DTM 10, LDT 12, LIN 5, SI >1, PID 200, MEA 40, PWK 25, PKG 200, TD1 2, TD5 12, TD3 12
TD4 5, CTB >1, MAN 10, G53 >1, TXI >1, PCT >1
AMT >1:
    REF >1, DTM, PCT >1
    FA1 >1:
        FA2! >1
N9 1000:
    DTM >1, MSG 1000
N1 200:
    N2 2, N3 2, N4 >1, NX2 >1, REF 12, PER >1, SI >1, FOB, TD1 2, TD5 12, TD3 12, TD4 5, PKG 200
LM >1:
    LQ! >1
SPI >1:
    REF 5, DTM 5, MSG 50
    N1 20:
        N2 2, N3 2, N4, REF 20, G61, MSG 50
    CB1 >1:
        REF 20, DTM 5, LDT, MSG 50
ADV >1:
    DTM >1, MTX >1
# detail
POC >1:
    LIN >1, SI >1, CUR, CN1, PO3 25, CTP >1, PAM 10, MEA 40
    PID 1000:
        MEA 10
    PWK 25, PKG 200, PO4 >1, REF >1, PER 3
    SAC 25:
        CUR
    IT8, CSH >1, ITD 2, DIS 20, INC, TAX >1, FOB >1, SDQ 500, DTM 10, TD1, TD5 12, TD3 12, TD4 5, MAN 10
    PCT >1, TC2 2, CTB >1, TXI >1, SPI >1, MSG >1
    QTY >1:
        SI >1
    SCH 200:
        TD1 2, TD5 12, TD3 12, TD4 5
    N9 1000:
        DTM >1, MSG 1000
    LS:
        LDT >1:
            QTY >1, MSG, REF 3
            LM >1:
                LQ! >1
        LE!
    N1 200:
        N2 2, N3 2, N4, QTY >1, NX2 >1, REF 12, PER 3, SI >1, DTM, FOB, SCH 200, TD1 2, TD5 12, TD3 12, TD4 5
        PKG 200
        LDT >1:
            MAN 10, QTY 5, MSG, REF 3
    SLN 1000:
        MSG >1, SI >1, PID 1000, PO3 104, TC2 2
        SAC 10:
            CUR
        DTM 10, CTP 25, PAM 10, PO4, TAX 3, ADV >1
        QTY >1:
            SI >1
        N9 >1:
            DTM >1, MSG >1
        N1 10:
            N2 2, N3 2, N4, NX2 >1, REF 12, PER 3, SI >1
    AMT >1:
        REF, PCT >1
    LM >1:
        LQ! >1
# summary
CTT:
    AMT 5
SE!
"""
