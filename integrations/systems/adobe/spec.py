"""Adobe Commerce, as the engine, the forms and the documentation see it."""

from __future__ import annotations

import datetime as dt

from integrations.systems.adobe import checks
from integrations.systems.adobe.errors import LABEL
from integrations.systems.adobe.session import budget_identity, open_session
from integrations.systems.adobe.settings import OLD_INSTANCE, SETTINGS
from integrations.systems.adobe.sinks import SINKS
from integrations.systems.adobe.sources import OPENERS
from integrations.systems.contract import FeedSpec, System

OVERLAP = dt.timedelta(minutes=15)
"""A change is stamped before it is committed; one that takes long is seen late
(https://github.com/magento/magento2/issues/40803)."""
TWICE_A_DAY = ("0 6 * * *", "0 18 * * *")
_LABELS = {
    "customers": ("Customers", "customer"),
    "orders": ("Orders", "order"),
    "invoices": ("Invoices", "invoice"),
    "credit-memos": ("Credit memos", "credit_memo"),
}

SYSTEM = System(
    key="adobe_commerce",
    label=LABEL,
    settings=SETTINGS,
    session=open_session,
    checks=checks.run,
    feeds=tuple(
        FeedSpec(
            key=key,
            label=label,
            entity=entity,
            open=OPENERS[key],
            interval=dt.timedelta(hours=12),
            cron=TWICE_A_DAY,
            overlap=OVERLAP,
            settle=dt.timedelta(seconds=5),
        )
        for key, (label, entity) in _LABELS.items()
    ),
    sinks=SINKS,
    name_in_books="instance",
    old_name_in_books=OLD_INSTANCE,
    budget_identity=budget_identity,
)
