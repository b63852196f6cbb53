"""Which systems there are."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from integrations.systems.contract import System

KEYS = ("visma", "orderful", "cleo", "airbase", "basware", "adobe_commerce")
PACKAGES = {"adobe_commerce": "adobe"}
"""Systems whose package has a shorter name than they."""


@cache
def all_systems() -> dict[str, System]:
    return {key: import_module(f"integrations.systems.{PACKAGES.get(key, key)}.spec").SYSTEM for key in KEYS}


def system(key: str) -> System:
    """The system called `key`. Raises KeyError for an unknown one."""
    return all_systems()[key]
