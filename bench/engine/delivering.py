"""How many documents a second one worker delivers, while the partner answers each call after 50 ms."""

from __future__ import annotations

from dataclasses import replace

from bench.engine.place import DATABASE, Used, place, settled_in, used
from bench.figures import Figure, Target

LATENCY_MS = 50
SLOTS = 8
MOST = SLOTS * 1000 / LATENCY_MS
"""Calls a second that so many slots can make."""
SUPPLIERS = 1500
ORDERS = 800
LINES = 20
ADDED = "^(90|30)"
"""How the numbers of added orders and suppliers begin (simulators.py)."""
COMPARED = f"at most {MOST:g}/s over {SLOTS} slots; {DATABASE}"


def suppliers_as_json() -> list[Figure]:
    """Suppliers of Visma.net made in Airbase, each with a call of its own."""
    took = _deliver("visma-airbase.suppliers", "suppliers", batch=1, suppliers=SUPPLIERS)
    return [
        Figure(
            name="Suppliers as JSON, a call each",
            value=round(SUPPLIERS / took.seconds, 1),
            unit="delivered a second",
            target=Target("at least", 0.9 * MOST),
            compared_with=COMPARED,
        ),
        Figure(name="CPU of a supplier as JSON", value=_ms_each(took, SUPPLIERS), unit="ms of the worker"),
    ]


def suppliers_in_bulk() -> list[Figure]:
    """The same as the flow does it, many with one call."""
    took = _deliver("visma-airbase.suppliers", "suppliers", suppliers=SUPPLIERS)
    return [
        Figure(
            name="Suppliers as JSON, in bulk",
            value=round(SUPPLIERS / took.seconds, 1),
            unit="delivered a second",
            compared_with=COMPARED,
        ),
        Figure(name="CPU of a supplier in bulk", value=_ms_each(took, SUPPLIERS), unit="ms of the worker"),
    ]


def orders_as_x12() -> list[Figure]:
    """Purchase orders as 850 in X12, checked, put into a partner's folder at Cleo."""
    took = _deliver("visma-cleo.purchase-orders", "purchase-orders", orders=ORDERS, lines=LINES)
    return [
        Figure(
            name=f"{LINES}-line 850 in X12",
            value=round(ORDERS / took.seconds, 1),
            unit="delivered a second",
            target=Target("at least", 80),
            compared_with=COMPARED,
        ),
        Figure(name=f"CPU of a {LINES}-line 850 in X12", value=_ms_each(took, ORDERS), unit="ms of the worker"),
    ]


def _ms_each(took: Used, documents: int) -> float:
    return round(took.processor * 1000 / documents, 2)


def _deliver(flow: str, feed: str, *, batch: int = 0, **wanted: int) -> Used:
    """Captures everything, then delivers it in one worker. What it took to deliver, from the first claim to the last
    closing. `batch`: how many effects a call of the partner takes at most. Raises RuntimeError where not all of it is
    delivered."""
    with place() as here:
        from django.db.models import Count, Q

        from integrations.engine.slice import Scope, run_slice
        from integrations.models import Delivery, Feed, RateBudget, State

        if batch:
            _limit_batches(flow, batch)
        simulators = here.simulators(latency_ms=LATENCY_MS, **wanted)
        here.tenant(simulators, flow, visma={"page_size": 500})
        ours = Feed.objects.filter(key=feed, connection__system="visma")
        run_slice(seconds=300, threads=1, limits=Scope(feeds={f.pk for f in ours}, deliveries=Q(pk=0)))
        documents = sum(wanted[name] for name in ("suppliers", "orders") if name in wanted)
        Delivery.objects.exclude(business_number__regex=ADDED).delete()  # the seed's own, of another size
        RateBudget.objects.all().delete()
        settled_in()
        with used() as took:
            run_slice(seconds=900)
        states = dict(Delivery.objects.order_by().values_list("state").annotate(n=Count("pk")))
        if states != {State.DELIVERED: documents}:
            why = Delivery.objects.exclude(state=State.DELIVERED).values_list("reason", flat=True).first()
            raise RuntimeError(f"Not all of it was delivered: {states}. {why or ''}")
        return took


def _limit_batches(flow: str, most: int) -> None:
    """From now on the flow's sink takes at most so many effects a call, in this process."""
    from integrations.flows.registry import flow_spec
    from integrations.systems.registry import all_systems

    key = flow_spec(flow).pair.partition("-")[2]
    known = all_systems()[key]
    all_systems()[key] = replace(known, sinks=tuple(replace(sink, batch=most) for sink in known.sinks))
