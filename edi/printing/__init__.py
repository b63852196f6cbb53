"""Documents on paper: the readable form (`edi.documents.readable`) as PDF. Value in, bytes out."""

from __future__ import annotations

from edi.printing.pdf import as_pdf

__all__ = ["as_pdf"]
