"""What the Adobe Commerce simulator answers, against Adobe's own schemas (PaaS 2.4.9 and SaaS)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.sandbox.adobe_client import Paas, Saas, act, criteria, sandbox, server
from tests.integrations.sandbox.served import Served
from tests.integrations.sandbox.spec import check_response, require_specs

__all__ = ["sandbox", "server"]
SEARCHES = (
    "/orders", "/orders/items", "/invoices", "/creditmemos", "/shipments", "/transactions", "/customers/search",
    "/customerGroups/search", "/products", "/taxClasses/search", "/taxRates/search", "/taxRules/search",
)  # fmt: skip
SINGLES = (
    "/orders/1", "/orders/4", "/orders/9", "/orders/1/comments", "/orders/1/statuses", "/invoices/1", "/creditmemo/1",
    "/shipment/1", "/customers/101", "/customers/101/billingAddress", "/customerGroups/1", "/products/A-001",
    "/modules", "/store/storeConfigs", "/store/storeViews", "/store/storeGroups", "/store/websites", "/taxClasses/2",
)  # fmt: skip


def without_known_nulls(value: Any) -> Any:
    """Magento sends null in these, which its own schema calls strings and a number."""
    if isinstance(value, list):
        return [without_known_nulls(one) for one in value]
    if isinstance(value, dict):
        nulls = {"account_status": "", "cc_last4": "", "base_cost": 0, "region": "", "region_code": ""}
        return {n: nulls[n] if n in nulls and one is None else without_known_nulls(one) for n, one in value.items()}
    return value


@pytest.mark.parametrize("system", ["adobe", "adobe-saas"])
@pytest.mark.parametrize("company", ["FI", "SE"])
def test_answers_fit_the_schema(sandbox: Served, system: str, company: str) -> None:
    require_specs(system)
    act(sandbox, "place_orders", company, count=12)
    client: Any = Paas(sandbox, company) if system == "adobe" else Saas(sandbox, company)
    for path in SEARCHES:
        answer = client.get(path, params=criteria())
        assert answer.status_code == 200, path
        check_response(system, "GET", f"/V1{path}", 200, without_known_nulls(answer.json()))
    for path in SINGLES:
        answer = client.get(path)
        if answer.status_code == 200:
            check_response(system, "GET", f"/V1{path}", 200, without_known_nulls(answer.json()))
        else:
            assert company == "SE", f"{path}: {answer.text}"


def test_written_documents_fit_the_schema(sandbox: Served) -> None:
    require_specs("adobe")
    paas = Paas(sandbox)
    fee = {"code": "app::handling", "label": "Handling", "amount": 3}
    bought = [{"sku": "A-001", "qty": 2}]
    order = act(sandbox, "place_order", customer=101, payment="klarna_kp", items=bought, fees=[fee])
    own = order["entity_id"]
    for path, body in (
        (f"/order/{own}/invoice", {"capture": True}),
        (f"/order/{own}/ship", {}),
        (f"/order/{own}/refund", {}),
    ):
        answer = paas.post(path, json=body)
        assert answer.status_code == 200, answer.text
        check_response("adobe", "POST", f"/V1{path}", 200, answer.json())
    for system, client in (("adobe", paas), ("adobe-saas", Saas(sandbox))):
        shown = client.get(f"/orders/{own}").json()
        assert len(shown["extension_attributes"]["custom_fees"]) == 1
        check_response(system, "GET", f"/V1/orders/{own}", 200, without_known_nulls(shown))
    hook = {"webhook_method": "observer.sales_order_save_after", "webhook_type": "after", "batch_name": "visma",
            "hook_name": "order", "url": "http://127.0.0.1:9/"}  # fmt: skip
    saas = Saas(sandbox)
    assert saas.post("/webhooks/subscribe", json={"webhook": hook}).status_code == 200
    assert saas.post("/eventing/eventSubscribe", json={"event": {"name": "observer.x"}}).status_code == 200
    for path in ("/webhooks/list", "/eventing/getEventSubscriptions", "/webhooks/supportedList", "/order-statuses"):
        check_response("adobe-saas", "GET", f"/V1{path}", 200, saas.get(path).json())
