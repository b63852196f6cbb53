"""Simulator of Adobe Commerce: its REST API as PaaS (own host) and as SaaS (Adobe's), over the same shops."""

from __future__ import annotations

from integrations.sandbox.adobe.simulator import AdobeSimulator

SIMULATOR = AdobeSimulator
