"""Simulator of Airbase's accounting API, in two modes: as recorded ("evidence") and as described ("brief")."""

from __future__ import annotations

from integrations.sandbox.airbase.simulator import AirbaseSimulator

SIMULATOR = AirbaseSimulator
