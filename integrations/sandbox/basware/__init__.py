"""Simulator of Basware: P2P, push notifications, tokens and the Network's intake, in four regions."""

from __future__ import annotations

from integrations.sandbox.basware.simulator import BaswareSimulator

SIMULATOR = BaswareSimulator
