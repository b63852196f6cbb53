"""The standard as data: one package a version, read on first use.

``standard("004010VICS")`` is the version that a GS08 names; industry suffixes (VICS, UCS, ...) select guides, not
another standard.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import cast

from edi.x12.maps.model import Standard

VERSIONS = ("004010", "005010")
"""Versions that are described here."""


@cache
def standard(version: str) -> Standard | None:
    """The description for ``version`` (GS08: ``004010``, ``004010VICS``, ``005010X220A1``), None when there is none."""
    match = re.match(r"\d{6}", version)
    if match is None or match[0] not in VERSIONS:
        return None
    return cast("Standard", import_module(f"edi.x12.maps.v{match[0]}").STANDARD)
