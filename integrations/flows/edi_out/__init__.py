"""Documents of the books going out to trading partners: agreement, purpose, checks, frozen bytes. Shared by all EDI
networks."""

from __future__ import annotations

from integrations.flows.edi_out.preparing import build, customer_number, prepare, supplier_number
from integrations.flows.edi_out.values import (
    TRIAL_DATE,
    TRIAL_NUMBERS,
    Built,
    Freezer,
    Outbound,
    Previewer,
    Text,
    TradeDocument,
    number_of,
)
from integrations.flows.edi_out.writing import check, write, written_for
from integrations.flows.edi_out.x12 import check_x12, write_x12

__all__ = [
    "TRIAL_DATE",
    "TRIAL_NUMBERS",
    "Built",
    "Freezer",
    "Outbound",
    "Previewer",
    "Text",
    "TradeDocument",
    "build",
    "check",
    "check_x12",
    "customer_number",
    "number_of",
    "prepare",
    "supplier_number",
    "write",
    "write_x12",
    "written_for",
]
