"""Simulator of Visma.net ERP and Visma Connect."""

from __future__ import annotations

from integrations.sandbox.visma.simulator import VismaSimulator

SIMULATOR = VismaSimulator

__all__ = ["SIMULATOR", "VismaSimulator"]
