"""What the tests of sending to Orderful share."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import requests
from django.utils import timezone

from integrations.http.errors import Unknown
from integrations.models import Breaker
from integrations.systems.contract import (
    Accepted,
    Outgoing,
)
from integrations.systems.orderful.mapping import create_body, mosaic_850, v3_body
from integrations.systems.orderful.sinks import Transactions
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.orderful.documents import order

US, PARTNER, CUSTOMER = "NORDLOGISTIK", "SUP50002", "CUS10001"


def outgoing(message: dict[str, Any], **changes: Any) -> Outgoing:
    """A frozen document, by default an 850 on the live stream."""
    route = {"set_id": "850", "stream": "live", "sender_id": US, "receiver_id": PARTNER}
    route |= {k: changes.pop(k) for k in tuple(changes) if k in route}
    number = str(message.get("purchaseOrderNumber") if route["set_id"] == "850" else message["invoiceNumber"])
    values: dict[str, Any] = {
        "delivery_id": 1,
        "operation_key": "k",
        "business_number": number,
        "purpose": "original",
        "body": create_body(route.pop("set_id"), message=message, **route),
        "meta": {},
        "first_sent_at": timezone.now() - dt.timedelta(seconds=1),
        **changes,
    }
    return Outgoing(**values)


def an_order(number: str = "500001", *, purpose: Any = "original", **changes: Any) -> dict[str, Any]:
    return mosaic_850(order(number, **changes), purpose=purpose)


def sent(sink: Transactions, item: Outgoing) -> Any:
    [effect] = sink.apply_many([item])
    return effect


def accepted(sink: Transactions, item: Outgoing) -> Outgoing:
    """The item as it is followed once Orderful has taken it."""
    effect = sent(sink, item)
    assert isinstance(effect, Accepted), effect
    return msgspec.structs.replace(item, target_id=effect.target_id)


def posts(orderful: Served) -> int:
    """How many documents reached the simulator."""
    log = requests.get(f"{orderful.url}/_control/requests", params={"system": "orderful"}, timeout=10).json()
    return sum(1 for entry in log if entry["method"] == "POST" and entry["path"].endswith("/transactions"))


def by_v3(*, purpose: str = "00", quantity: str = "10", price: str = "99.9", **changes: Any) -> Outgoing:
    """An order in kilograms, for which Mosaic has no word."""
    segments = (
        "ISA*00*          *00*          *ZZ*NORDLOGISTIK   *ZZ*SUP50002       *261120*1200*U*00401*000000001*0*P*>",
        "GS*PO*NORDLOGISTIK*SUP50002*20261120*1200*1*X*004010",
        "ST*850*0001",
        f"BEG*{purpose}*SA*500001**20261120",
        "CUR*BY*SEK",
        f"PO1*1*{quantity}*KG*{price}**BP*A-1",
        "CTT*1",
        "SE*6*0001",
        "GE*1*1",
        "IEA*1*000000001",
    )
    body = v3_body(
        "850", stream="live", sender_id=US, receiver_id=PARTNER, x12="".join(f"{segment}~" for segment in segments)
    )
    return msgspec.structs.replace(outgoing(an_order()), body=body, **changes)


def doubtful(sink: Transactions, orderful: Served, item: Outgoing, fault: str) -> None:
    orderful.fault(method="POST", path_regex="/transactions$", fault=fault, times=1)
    assert isinstance(sent(sink, item), Unknown)
    Breaker.objects.update(position=Breaker.Position.CLOSED)
