"""Simulator of Cleo Integration Cloud: the admin API as its own clients know it, the mailbox API by stand-ins."""

from __future__ import annotations

from integrations.sandbox.cleo.simulator import CleoSimulator

SIMULATOR = CleoSimulator
