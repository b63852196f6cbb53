"""EDI: trading partners and what is agreed with them, interchanges with their segments named, acknowledgments."""

from __future__ import annotations

from edi.admin import agreements, interchanges, numbers, received  # noqa: F401  (registers their pages)
