"""865 Purchase Order Change Acknowledgment/Request - Seller Initiated of 005010: segments and loops in their order."""

from __future__ import annotations

TABLE = """
# heading
ST!, BCA!, CUR, REF >1, PER 3, TAX >1, FOB >1, CTP >1, PAM 10, CSH
SAC 25:
    CUR
ITD 5, DIS 20, INC, DTM 10, LIN 5, SI >1, PID 200, MEA 40, PWK 25, PKG 25, TD1 2, TD5 12, TD3 12, TD4 5
PCT >1, MAN 10, TXI >1, CTB >1, G53 >1
LDT >1:
    QTY >1, MTX >1
N9 1000:
    DTM >1, MTX >1, PWK >1, EFI >1
N1 200:
    N2 2, IN2 >1, N3 2, N4, NX2 >1, REF 12, PER >1, SI >1, FOB, TD1 2, TD5 12, TD3 12, TD4 5, PKG 25, MTX >1
AMT >1:
    PCT >1
ADV >1:
    DTM >1, MTX >1
LM >1:
    LQ! >1
# detail
POC >1:
    LIN >1, SI >1, CUR, PO3 25, CTP >1, PAM 10, MEA 40
    PID 1000:
        MEA 10
    PWK 25, PKG 25, PO4 >1, REF >1, PER 3
    SAC 25:
        CUR
    IT8, CSH >1, ITD 2, DIS 20, INC, TAX >1, FOB >1, SDQ 500, DTM 10, TD1, TD5 12, TD3 12, TD4 5, TXI >1
    PCT >1
    ACK 104:
        DTM
    MAN 10, SPI >1, MTX >1, CTB >1
    LM >1:
        LQ! >1
    AMT >1:
        PCT >1
    QTY >1:
        SI >1
    SCH 200:
        TD1 2, TD5 12, TD3 12, TD4 5, REF >1
    LDT >1:
        QTY >1, MTX >1
        LM >1:
            LQ! >1
    N9 1000:
        DTM >1, MTX >1, PWK >1, EFI >1
    N1 200:
        N2 2, IN2 >1, N3 2, N4, QTY >1, NX2 >1, REF 12, PER 3, SI >1, DTM, FOB, SCH 200, TD1 2, TD5 12, TD3 12
        TD4 5, PKG 25
        LDT >1:
            MAN 10, QTY 5, MTX >1
    SLN 1000:
        MTX >1, SI >1, PID 1000, PO3 25, MEA >1, CTP 25, PAM 10, ACK 104
        SAC 10:
            CUR
        DTM 10, PO4, TAX 3, ADV >1
        QTY >1:
            SI >1
        N9 >1:
            DTM >1, MTX >1
        N1 10:
            N2 2, IN2 >1, N3 2, N4, NX2 >1, REF 12, PER 3, SI >1
    PD >1:
        PDD >1
# summary
CTT:
    AMT 5
SE!
"""
