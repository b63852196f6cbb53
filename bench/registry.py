"""All measures, in the order of the table. A line here is all that a new measure needs.

A measure is named ``module:function``, so that only its own process imports what it needs. The function takes nothing
and returns a list of figures (``bench.figures.Figure``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from bench.figures import Figure

MEASURES: tuple[str, ...] = (
    "bench.edi.validating:against_peers",
    "bench.edi.growth:time_of_a_large_order",
    "bench.edi.growth:time_of_damaged_text",
    "bench.edi.growth:memory_of_a_large_order",
    "bench.edi.verdicts:against_the_reference",
    "bench.engine.reading:calls_of_the_source",
    "bench.engine.reading:rows_of_idle_tenants",
    "bench.engine.reading:memory_of_many",
    "bench.engine.capturing:beside_dlt",
    "bench.engine.delivering:suppliers_as_json",
    "bench.engine.delivering:suppliers_in_bulk",
    "bench.engine.delivering:orders_as_x12",
)


def load(measure: str) -> Callable[[], list[Figure]]:
    """The function that ``module:function`` names."""
    module, _, function = measure.partition(":")
    found: Callable[[], list[Figure]] = getattr(importlib.import_module(module), function)
    return found
