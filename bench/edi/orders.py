"""Purchase orders to measure with."""

from __future__ import annotations

_ISA = "ISA*00*          *00*          *ZZ*NORDBYGG       *14*GROSSISTEN     *260115*1200*U*00401*000000042*0*P*>"
_GS = "GS*PO*NORDBYGG*GROSSISTEN*20260115*1200*7*X*004010"
_HEADING = (
    "BEG*00*SA*4500012345**20260115",
    "CUR*BY*SEK",
    "REF*DP*038",
    "PER*BD*Anna Larsson*TE*5551234567*EM*anna@example.com",
    "FOB*PP*DE*Destination",
    "ITD*01*3*2**10**30",
    "DTM*010*20260201",
    "DTM*001*20260215",
    "TD5*O*2*UPSN*M*UPS Ground",
    "N1*ST*Warehouse East*92*0001",
    "N3*100 Harbor Road*Dock 4",
    "N4*Newark*NJ*07101*US",
    "N1*BT*Head Office*UL*7350053850019",
    "N3*1 Main Street",
    "N4*Stockholm**11122*SE",
)


def order(lines: int) -> str:
    """An interchange with one valid 850 of ``lines`` lines, each of three segments, with right totals."""
    body = ["ST*850*0001", *_HEADING]
    for number in range(1, lines + 1):
        body += [
            f"PO1*{number}*10*EA*12.5*PE*UP*012345678905*VN*V-{number}",
            f"PID*F****Item number {number}, in blue",
            "DTM*002*20260210",
        ]
    body += [f"CTT*{lines}*{lines * 10}", f"AMT*TT*{lines * 125}.00"]
    body.append(f"SE*{len(body) + 1}*0001")
    return "".join(f"{segment}~\n" for segment in (_ISA, _GS, *body, "GE*1*7", "IEA*1*000000042"))
