"""Every page of the portal, found by asking its addresses, so that a new page is tested as soon as it is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone

from edi.models import ReceivedFile
from portal.customer.urls import urlpatterns
from tests.integrations.admin.house import House
from tests.integrations.admin.shop import orders_of_shop

NOT_A_ROW: dict[str, dict[str, Any]] = {"connection_new_of": {"system": "visma"}}


def arguments(house: House) -> dict[str, dict[str, Any]]:
    """What the address of each page of a row needs, by the page's name."""
    assert house.orderful.network is not None
    file = ReceivedFile.objects.filter(tenant=house.tenant).first() or ReceivedFile.objects.create(
        tenant=house.tenant,
        network=house.orderful.network,
        name="in.edi",
        sha256=hashlib.sha256(b"x").hexdigest(),
        size=1,
        content=b"x",
        received_at=timezone.now(),
        last_received_at=timezone.now(),
    )
    delivery, flow, connection = house.failed.pk, house.flow.pk, house.visma.key
    return {
        "document": {"pk": delivery},
        "document_compare": {"pk": delivery},
        "document_evidence": {"pk": delivery},
        "document_act": {"pk": delivery, "name": "replay"},
        "document_reveal": {"pk": delivery, "part": "raw"},
        "exchange": {"pk": house.exchange.pk},
        "issue": {"pk": house.issue.pk},
        "issue_act": {"pk": house.issue.pk, "name": "retry"},
        "integration": {"key": house.integration.key},
        "integration_act": {"key": house.integration.key, "name": "stop-partner"},
        "flow_act": {"pk": flow, "name": "pause"},
        "run": {"pk": house.run.pk},
        "connection": {"key": connection},
        "connection_edit": {"key": connection},
        "connection_events": {"key": connection},
        "connection_act": {"key": connection, "name": "test"},
        "feed_act": {"pk": house.feed.pk, "name": "schedule"},
        "connection_webhooks": {"key": connection, "name": "webhook-keys"},
        "partner": {"pk": house.partner.pk},
        "partner_link": {"pk": house.partner.pk},
        "partner_act": {"pk": house.partner.pk, "name": "send-unagreed"},
        "partner_stream": {"pk": house.partner.pk},
        "interchange": {"pk": house.interchange.pk},
        "edi_set": {"pk": house.sent.pk},
        "received_file": {"pk": file.pk},
        "flow_settings": {"pk": flow},
        "flow_preview": {"pk": flow},
        "flow_rules": {"pk": orders_of_shop(house).pk},
        "integration_setup": {"key": house.integration.key},
        "integration_settings": {"key": house.integration.key},
        "integration_pair": {"books": connection, "partner": house.cleo.key},
        "operation": {"pk": house.operation.pk},
        "operation_act": {"pk": house.operation.pk, "name": "cancel"},
        "operation_file": {"pk": house.operation.pk, "form": "csv"},
        **NOT_A_ROW,
    }


def every_page(house: House) -> list[tuple[str, str, Callable[..., Any]]]:
    """Name, address in the house's tenant, and view of every page."""
    known = arguments(house)
    found = []
    for pattern in urlpatterns:
        name = str(pattern.name)
        kwargs = {"tenant": house.tenant.slug, **known.get(name, {})}
        found.append((name, reverse(f"customer:{name}", kwargs=kwargs), pattern.callback))
    return found


def pages_of_rows(house: House, slug: str) -> list[str]:
    """The addresses of the house's rows, as if they were another tenant's."""
    rows = {name: kwargs for name, kwargs in arguments(house).items() if name not in NOT_A_ROW}
    return [reverse(f"customer:{name}", kwargs={"tenant": slug, **kwargs}) for name, kwargs in rows.items()]
