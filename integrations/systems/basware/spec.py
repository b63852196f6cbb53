"""Basware P2P, as the engine, the forms and the documentation see it."""

from __future__ import annotations

from integrations.systems.basware import checks, intake, lines, listing, responses, sinks, sources, subscriptions
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.session import budget_identity, open_session
from integrations.systems.basware.settings import SETTINGS
from integrations.systems.contract import System

SYSTEM = System(
    key="basware",
    label=LABEL,
    settings=SETTINGS,
    session=open_session,
    checks=checks.run,
    feeds=sources.FEEDS,
    sinks=(*sinks.SINKS, *listing.SINKS, *lines.SINKS, *intake.SINKS, *responses.SINKS),
    register=subscriptions.register,
    registered=subscriptions.registered,
    unregister=subscriptions.unregister,
    makes_key=True,
    one_company=True,
    budget_identity=budget_identity,
)
