"""Trading partners, what is agreed with them, and every interchange that was written or read."""

from __future__ import annotations

from edi.models.acknowledgment import Acknowledgment
from edi.models.agreement import Agreement
from edi.models.interchange import Interchange, ReceivedFile, TransactionSet
from edi.models.numbers import ControlNumber
from edi.models.partners import Direction, Network, PartnerNumber, Stream, TradingPartner, interchange_id

__all__ = [
    "Acknowledgment",
    "Agreement",
    "ControlNumber",
    "Direction",
    "Interchange",
    "Network",
    "PartnerNumber",
    "ReceivedFile",
    "Stream",
    "TradingPartner",
    "TransactionSet",
    "interchange_id",
]
