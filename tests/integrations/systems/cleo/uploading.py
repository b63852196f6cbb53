"""What the tests of uploading to Cleo share."""

from __future__ import annotations

from typing import Any

import requests
from django.utils import timezone

from integrations.http.errors import Unknown
from integrations.models import Breaker, Connection
from integrations.systems.cleo.sinks import Files
from integrations.systems.cleo.spec import SYSTEM
from integrations.systems.contract import Outgoing
from tests.integrations.sandbox.served import Served

FOLDER = "/SUP50001/upload/850"
NAME = "850_NORDLOGISTIK_SUP50001_000000012_500001.x12"
BODY = b"ISA*00*          *00*          *ZZ*NORDLOGISTIK   *ZZ*SUP50001       *261120*1200*U*00401*000000012*0*T*>~\n"


def outgoing(**changes: Any) -> Outgoing:
    meta = {"folder": FOLDER, "name": NAME, "payload": "x12", **changes.pop("meta", {})}
    values: dict[str, Any] = {
        "delivery_id": 1,
        "operation_key": "k",
        "business_number": "500001",
        "purpose": "original",
        "body": BODY,
        "meta": meta,
        "first_sent_at": timezone.now(),
        **changes,
    }
    return Outgoing(**values)


def sent(sink: Files, item: Outgoing | None = None) -> Any:
    [effect] = sink.apply_many([item or outgoing()])
    return effect


def sink_of(connection: Connection) -> Files:
    return Files(connection, SYSTEM.session(connection))


def asked(cleo: Served, method: str, part: str) -> list[dict[str, Any]]:
    """The requests of a kind that reached the simulator."""
    log = requests.get(f"{cleo.url}/_control/requests", params={"system": "cleo"}, timeout=10).json()
    return [entry for entry in log if entry["method"] == method and part in entry["path"]]


def uploads(cleo: Served) -> list[dict[str, Any]]:
    return asked(cleo, "POST", "/files")


def doubtful(sink: Files, cleo: Served, fault: str, item: Outgoing | None = None) -> None:
    cleo.fault(method="POST", path_regex="/files$", fault=fault, times=1)
    assert isinstance(sent(sink, item), Unknown)
    Breaker.objects.update(position=Breaker.Position.CLOSED)
