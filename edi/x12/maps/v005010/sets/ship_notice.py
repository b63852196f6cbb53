"""856 Ship Notice/Manifest of 005010: segments and loops in their order."""

from __future__ import annotations

TABLE = """
# heading
ST!, BSN!, DTM 10
# detail
HL! 200000:
    LIN, SN1, SLN 1000, PRF, PO4, PID 200, MEA 40, PWK 25, PKG 25, TD1 20, TD5 12
    TD3 12:
        AT9
    TD4 5, TSD, REF >1, PER 3
    LH1 100:
        LH2 4, LH3 12, LFH 20, LEP >1, LH4 4, LHT 3, LHR 10, PER 5, LHE
    CLD 200:
        REF 200, DTP
    MAN >1, DTM 10, FOB, PAL
    N1 200:
        N2 2, N3 2, N4, REF 12, PER 3, FOB
    SDQ 50, ETD, CUR
    SAC >1:
        CUR
    GF, YNQ 10
    LM 10:
        LQ! 100
    V1 >1:
        R4 >1, DTM >1
# summary
CTT, SE!
"""
