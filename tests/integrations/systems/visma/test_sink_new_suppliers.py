"""Suppliers that were made elsewhere: found in the books however their number is written there, else made on a yes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.http.errors import NeedsApproval
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.contract import Delivered
from integrations.systems.visma.commands import AdoptSupplier
from integrations.systems.visma.spec import SYSTEM
from tests.integrations.sandbox.served import Served
from tests.integrations.systems.visma.outgoing import outgoing

NUMBER = "50003"


@pytest.fixture
def sink(session: Session, connection: Connection) -> Any:
    return SYSTEM.sink("new-suppliers").open(connection, session)


def adopted(sink: Any, *, tax_id: str, name: str = "Somebody") -> Any:
    command = AdoptSupplier(stamp="vendor 1", name=name, tax_id=tax_id, email="", supplier_class="", given="")
    [effect] = sink.apply_many([outgoing(command)])
    return effect


def supplier(visma: Served, **values: str) -> dict[str, Any]:
    """The supplier in the books, with other values."""
    visma.mutate("supplier", values, key=f"SE/{NUMBER}")
    return visma.row("supplier", f"SE/{NUMBER}")["body"]


def test_a_number_is_found_however_it_is_written(visma: Served, sink: Any) -> None:
    name = supplier(visma, vatRegistrationId="SE556677889901")["name"]
    for written in ("SE556677889901", "SE 556677-8899 01", "se556677889901"):
        assert adopted(sink, tax_id=written) == Delivered(target_id=NUMBER)
    supplier(visma, vatRegistrationId="SE 556677-8899 01")  # only its name leads there
    assert adopted(sink, tax_id="SE556677889901", name=name) == Delivered(target_id=NUMBER)
    assert isinstance(adopted(sink, tax_id="SE000000000001"), NeedsApproval)


def test_it_is_looked_for_on_all_pages(visma: Served, sink: Any) -> None:
    """Several have the name; the one with the number is not on the first page."""
    name = visma.row("supplier", "SE/50001")["body"]["name"]
    supplier(visma, vatRegistrationId="SE 556677-8899 01", name=name)
    sink.client.options = replace(sink.client.options, page_size=1)
    assert adopted(sink, tax_id="SE556677889901", name=name) == Delivered(target_id=NUMBER)
