"""Simulator of Orderful: REST API v3 and v4 (Mosaic), after OpenAPI 2.15.0 and what clients observed."""

from __future__ import annotations

from integrations.sandbox.orderful.simulator import OrderfulSimulator

SIMULATOR = OrderfulSimulator
