"""The structure of messages in D.96A, as the directory of the United Nations lays it down (UNH and UNT left out).

Each group is written with the segment that begins it.
"""

from __future__ import annotations

_AMOUNTS = "ALI5 DTM5 QTY { RNG } PCD { RNG } MOA2 { RNG } RTE { RNG } TAX5 { MOA }"
"""What an allowance or a charge holds."""

_ORDERS = f"""
BGM! DTM!35 PAI ALI5 IMD FTX99
RFF10 {{ DTM5 }}
NAD99 {{
    LOC25 FII5
    RFF10 {{ DTM5 }}
    DOC5 {{ DTM5 }}
    CTA5 {{ COM5 }}
}}
TAX5 {{ MOA LOC5 }}
CUX5 {{ PCD5 DTM5 }}
PAT10 {{ DTM5 PCD MOA }}
TDT10 {{ LOC10 {{ DTM5 }} }}
TOD5 {{ LOC2 }}
PAC10 {{
    MEA5
    PCI5 {{ RFF DTM5 GIN10 }}
}}
EQD10 {{ HAN5 MEA5 FTX5 }}
SCC10 {{
    FTX5 RFF5
    QTY10 {{ DTM5 }}
}}
APR25 {{ DTM5 RNG }}
ALC15 {{
    {_AMOUNTS}
}}
RCS100 {{ RFF5 DTM5 FTX5 }}
LIN200000 {{
    PIA25 IMD99 MEA5 QTY10 PCD5 ALI5 DTM35 MOA10 GIN1000 GIR1000 QVR DOC5 PAI FTX99
    CCI999 {{ CAV10 MEA10 }}
    PAT10 {{ DTM5 PCD MOA }}
    PRI25 {{ CUX APR RNG DTM5 }}
    RFF10 {{ DTM5 }}
    PAC10 {{
        MEA5 QTY5 DTM5
        RFF {{ DTM5 }}
        PCI5 {{ RFF DTM5 GIN10 }}
    }}
    LOC9999 {{ QTY DTM5 }}
    TAX10 {{ MOA LOC5 }}
    NAD99 {{
        LOC5
        RFF5 {{ DTM5 }}
        DOC5 {{ DTM5 }}
        CTA5 {{ COM5 }}
    }}
    ALC99 {{
        {_AMOUNTS}
    }}
    TDT10 {{ LOC10 {{ DTM5 }} }}
    TOD5 {{ LOC2 }}
    EQD10 {{ HAN5 MEA5 FTX5 }}
    SCC100 {{
        FTX5 RFF5
        QTY10 {{ DTM5 }}
    }}
    RCS100 {{ RFF5 DTM5 FTX5 }}
    STG10 {{ QTY3 {{ MOA }} }}
}}
UNS! MOA12 CNT10
ALC10 {{ ALI MOA!2 }}
"""

_DESADV = """
BGM! DTM10 ALI5 MEA5 MOA5
RFF10 { DTM }
NAD10 {
    LOC10
    RFF10 { DTM }
    CTA10 { COM5 }
}
TOD10 { LOC5 FTX5 }
TDT10 {
    PCD6
    LOC10 { DTM10 }
}
EQD10 {
    MEA5 SEL25 EQA5
    HAN10 { FTX10 }
}
CPS9999 {
    FTX5
    PAC9999 {
        MEA10 QTY10
        HAN10 { FTX10 }
        PCI1000 {
            RFF DTM5 GIR99
            GIN99 { DLM10 }
        }
    }
    LIN9999 {
        PIA10 IMD25 MEA10 QTY10 ALI10 GIN100 GIR100 DLM100 DTM5 FTX5 MOA5
        RFF10 { DTM }
        DGS10 { QTY FTX5 }
        LOC100 { NAD DTM QTY10 }
        SGP1000 { QTY10 }
        PCI9999 {
            DTM5 MEA10 QTY
            GIN10 { DLM100 }
            HAN10 { FTX5 GIN1000 }
        }
        QVR10 { DTM5 }
    }
}
CNT5
"""

_INVOIC = f"""
BGM! DTM!35 PAI ALI5 IMD FTX10
RFF99 {{ DTM5 }}
NAD99 {{
    LOC25 FII5
    RFF9999 {{ DTM5 }}
    DOC5 {{ DTM5 }}
    CTA5 {{ COM5 }}
}}
TAX5 {{ MOA LOC5 }}
CUX5 {{ DTM5 }}
PAT10 {{ DTM5 PCD MOA PAI FII }}
TDT10 {{
    LOC10 {{ DTM5 }}
    RFF9999 {{ DTM5 }}
}}
TOD5 {{ LOC2 }}
PAC1000 {{
    MEA5
    PCI5 {{ RFF DTM5 GIN5 }}
}}
ALC9999 {{
    ALI5
    RFF5 {{ DTM5 }}
    QTY {{ RNG }}
    PCD {{ RNG }}
    MOA2 {{ RNG }}
    RTE {{ RNG }}
    TAX5 {{ MOA }}
}}
RCS100 {{ RFF5 DTM5 FTX5 }}
AJT {{ FTX5 }}
INP {{ FTX5 }}
LIN9999999 {{
    PIA25 IMD10 MEA5 QTY5 PCD ALI5 DTM35 GIN1000 GIR1000 QVR EQD FTX5
    MOA5 {{ CUX }}
    PAT10 {{ DTM5 PCD MOA }}
    PRI25 {{ APR RNG DTM5 }}
    RFF10 {{ DTM5 }}
    PAC10 {{
        MEA10
        PCI10 {{ RFF DTM5 GIN10 }}
    }}
    LOC9999 {{ QTY100 DTM5 }}
    TAX99 {{ MOA LOC5 }}
    NAD20 {{
        LOC5
        RFF5 {{ DTM5 }}
        DOC5 {{ DTM5 }}
        CTA5 {{ COM5 }}
    }}
    ALC15 {{
        {_AMOUNTS}
    }}
    TDT10 {{ LOC10 {{ DTM5 }} }}
    TOD5 {{ LOC2 }}
    RCS100 {{ RFF5 DTM5 FTX5 }}
}}
UNS! CNT10
MOA!100 {{ RFF {{ DTM5 }} }}
TAX10 {{ MOA2 }}
ALC15 {{ ALI MOA2 }}
"""

_ANSWERED = (
    _ORDERS.replace("\nNAD99 {", "\nAJT { FTX5 }\nNAD99 {", 1)
    .replace("    PRI25 {", "    AJT { FTX5 }\n    PRI25 {", 1)
    .replace("    RFF10 { DTM5 }\n    PAC10 {", "    RFF999 { DTM5 }\n    PAC10 {", 1)
)
"""Changes and answers say beside each line why it is as it is."""

_CONTRL = """
UCI!
UCM999999 {
    UCS999 { UCD99 }
}
"""

MESSAGES = {
    "ORDERS": _ORDERS,
    "ORDRSP": _ANSWERED.replace("GIN10 }", "GIN99 }"),
    "ORDCHG": _ANSWERED.replace("    NAD99 {\n        LOC5", "    NAD10 {\n        LOC5", 1),
    "DESADV": _DESADV,
    "INVOIC": _INVOIC,
    "CONTRL": _CONTRL,
}
"""By message type (UNH 0065)."""
