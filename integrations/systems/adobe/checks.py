"""The live test: address and credentials, stores, modules, what may be read and written, and the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone

from integrations.http.errors import ConfigError, Fault, Rejected
from integrations.http.session import Session
from integrations.models import Connection, Flow
from integrations.systems.adobe import wire
from integrations.systems.adobe.attributes import OF_COMPANIES, OF_ORDERS
from integrations.systems.adobe.client import Client
from integrations.systems.adobe.settings import Options
from integrations.systems.contract import Step

MOST_DRIFT = dt.timedelta(minutes=5)
WORTH_KNOWING = {
    "Magento_Company": "companies (B2B)",
    "Magento_PurchaseOrder": "purchase orders of companies",
    "Magento_AdobeCommerceWebhooks": "webhooks",
    "Magento_AdobeCommerceEventsClient": "I/O Events",
    OF_ORDERS: "attributes of orders",
    OF_COMPANIES: "attributes of companies",
    "Magento_TwoFactorAuth": "two-factor authentication",
}
"""Modules by which the shop can do more, or asks for more."""
TELLING = ("customer-invoices", "supplier-invoices")
"""Flows that add comments to orders."""
READS = (
    ("customers", "customers/search", "Customers › All Customers"),
    ("orders", "orders", "Sales › Operations › Orders › Actions › View"),
    ("invoices", "invoices", "Sales › Operations › Invoices"),
    ("credit memos", "creditmemos", "Sales › Operations › Credit Memos"),
)


def run(connection: Connection, session: Session) -> Iterator[Step]:
    """Ends after the first step when the shop cannot be reached, or does not know us."""
    client = Client(session, Options.of(connection))
    try:
        stores = client.read("store/storeConfigs", tuple[wire.StoreConfig, ...])
    except Fault as fault:
        yield _failed(f"Reach {client.options.base_url}", fault, "Check the address and the credentials.")
        return
    yield Step(name=f"Reach {client.options.base_url}", ok=True, detail="It answers and knows our credentials.")
    yield _stores(client, stores)
    yield _modules(client)
    for label, path, resource in READS:
        yield _readable(client, label, path, resource)
    yield _comments(client, needed=_are_told(connection))
    yield _WRITING
    yield _clock(session)


def _stores(client: Client, stores: tuple[wire.StoreConfig, ...]) -> Step:
    said = ", ".join(f"{s.id} {s.code} ({s.base_currency_code})" for s in stores)
    wanted = client.options.store_ids
    if missing := sorted(set(wanted) - {s.id for s in stores if s.id is not None}):
        return Step(
            name="Stores",
            ok=False,
            detail=f"There is no store view {', '.join(map(str, missing))}. There are: {said}.",
            remedy="Correct “Stores that are read” in the connection's settings.",
        )
    which = f"Read are {', '.join(map(str, wanted))} of them." if wanted else "All of them are read."
    return Step(name="Stores", ok=bool(stores), detail=f"{said or 'None'}. {which}", remedy="" if stores else _NO_STORE)


_NO_STORE = "The shop tells of no store view: check the credentials' access to stores."


def _modules(client: Client) -> Step:
    """What the shop can. A shop that does not say so is taken for one that can do no more than all can."""
    try:
        there = set(client.read("modules", tuple[str, ...]))
    except ConfigError:
        return Step(
            name="Modules",
            ok=True,
            detail="The shop does not tell which modules it has: it is read by polling.",
            learned={"modules": []},
        )
    except Fault as fault:
        return _failed("Modules", fault, "")
    known = sorted(there & set(WORTH_KNOWING))
    has = ", ".join(WORTH_KNOWING[name] for name in known) or "none that changes how it is called"
    hooks = {"Magento_AdobeCommerceWebhooks", "Magento_AdobeCommerceEventsClient"} & there
    how = "Webhooks can tell of news." if hooks else "It has no webhooks: news is found by polling."
    return Step(name="Modules", ok=True, detail=f"{len(there)}; {has}. {how}", learned={"modules": known})


def _readable(client: Client, label: str, path: str, resource: str) -> Step:
    try:
        page = client.search(path, (), (), size=1)
    except Fault as fault:
        return _failed(f"Read {label}", fault, f"Allow the integration {resource}, save, and reauthorize it.")
    count = "some" if page.total is None else str(page.total)
    return Step(name=f"Read {label}", ok=True, detail=f"There are {count}.")


def _are_told(connection: Connection) -> bool:
    """Whether a flow that is switched on adds comments to the shop's orders."""
    return Flow.objects.filter(integration__partner=connection, enabled=True, key__in=TELLING).exists()


def _comments(client: Client, *, needed: bool) -> Step:
    """Reading an order's comments needs the same right (`Magento_Sales::comment`) as adding one. There is no order 0: a
    shop that permits it says so."""
    name = "Comments on orders"
    try:
        client.comments("0")
    except Rejected:
        pass
    except ConfigError as fault:
        remedy = "Allow the integration Sales › Operations › Orders › Actions › Comment, save, and reauthorize it."
        if needed:
            return _failed(name, fault, remedy)
        detail = f"Not permitted, and not needed until a flow tells of invoices on orders. {fault.sentence}"
        return Step(name=name, ok=True, detail=detail, remedy=remedy)
    except Fault as fault:
        return _failed(name, fault, "")
    return Step(name=name, ok=True, detail="They may be read, and so added: it is one right.")


_WRITING = Step(
    name="Write to orders",
    ok=True,
    detail="Not tested: no call tells it without writing. Numbers of invoices (ext_order_id) and attributes need the "
    "right that the shop calls Magento_Sales::api_actions. Without it what writes there fails, and says so, when the "
    "first order was posted.",
)


def _clock(session: Session) -> Step:
    """Changes are asked for by the shop's times; a clock that is wrong by much is worth knowing."""
    there, now = session.last_date, timezone.now()
    if there is None:
        return Step(name="Clock", ok=True, detail="The shop does not say what time it is; ours is taken.")
    drift = abs(there - now)
    if drift > MOST_DRIFT:
        return Step(
            name="Clock",
            ok=True,
            detail=f"The shop's clock says {there:%Y-%m-%d %H:%M} UTC, ours {now:%Y-%m-%d %H:%M}. Its own is taken for "
            "what is read; dates of invoices are the orders'.",
        )
    return Step(name="Clock", ok=True, detail=f"{there:%Y-%m-%d %H:%M} UTC, as here.")


def _failed(name: str, fault: Fault, remedy: str) -> Step:
    return Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or remedy or "Test again later.")
