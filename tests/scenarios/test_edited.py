"""A person edits a document and sends it once more; the partner has it as edited, the books are untouched."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from integrations.models import DocumentEdit, State
from portal.tenants.models import User
from tests.support.cluster import Cluster
from tests.support.networks import of_number, stands
from tests.support.world import World

AT_ORDERFUL, AT_CLEO = "500002", "500001"


def dearer(document: dict[str, Any]) -> dict[str, Any]:
    """The same with one more of the currency in taxes."""
    more = {name: str(Decimal(document.get(name, "0")) + 1) for name in ("tax_total", "total")}
    return {**document, **more}


def test_an_order_is_edited_by_command_and_by_page(world: World, cluster: Cluster, tmp_path: Path) -> None:
    cluster.settle()
    sent = next(d for d in world.deliveries(AT_ORDERFUL) if d.state == State.DELIVERED)
    (before,) = of_number(stands(world), AT_ORDERFUL)
    out = StringIO()
    call_command("replay", str(sent.pk), "--show", stdout=out)
    document = json.loads(out.getvalue())
    assert document["number"] == AT_ORDERFUL

    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps([{"op": "replace", "path": "/total", "value": "many"}]), encoding="utf-8")
    with pytest.raises(CommandError, match="no PurchaseOrder any more"):
        call_command("replay", str(sent.pk), "--edit", str(patch), "--reason", "the total was agreed")
    patch.write_text(json.dumps([{"op": "replace", "path": "/total", "value": "12345.67"}]), encoding="utf-8")
    with pytest.raises(CommandError, match=r"12345\.67 is stated, the parts make"):
        call_command("replay", str(sent.pk), "--edit", str(patch), "--reason", "the total was agreed")
    wanted = dearer(document)
    steps = [{"op": "replace", "path": f"/{name}", "value": wanted[name]} for name in ("total", "tax_total")]
    patch.write_text(json.dumps(steps), encoding="utf-8")
    call_command("replay", str(sent.pk), "--edit", str(patch), "--reason", "the total was agreed")
    cluster.settle(read=False)
    found = of_number(stands(world), AT_ORDERFUL)
    assert sorted(d.purpose for d in found) == ["original", "replace"]
    assert {d.total for d in found} == {before.total, before.total + 1}
    assert DocumentEdit.objects.get().patch[-1]["value"] == wanted["total"]

    staff = Client()
    staff.force_login(User.objects.create_superuser("root", "root@people.example", "correct horse 9"))
    other = next(d for d in world.deliveries(AT_CLEO) if d.state == State.DELIVERED)
    url = reverse("admin:integrations_delivery_act", args=["edit"]) + f"?ids={other.pk}"
    assert f"&quot;number&quot;: &quot;{AT_CLEO}&quot;" in staff.get(url).content.decode()
    out = StringIO()
    call_command("replay", str(other.pk), "--show", stdout=out)
    edited = dearer(json.loads(out.getvalue()))
    done = staff.post(url, {"document": json.dumps(edited), "reason": "agreed"}, follow=True).content.decode()
    assert "It goes out as" in done
    assert (
        "Edited by"
        in staff.get(
            reverse("admin:integrations_delivery_change", args=[world.deliveries(AT_CLEO)[-1].pk])
        ).content.decode()
    )
    cluster.settle(read=False)
    assert Decimal(edited["total"]) in {d.total for d in of_number(stands(world), AT_CLEO)}

    cluster.settle()
    assert len(of_number(stands(world), AT_ORDERFUL)) == 2, "reading again undoes nothing"
