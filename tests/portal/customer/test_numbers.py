"""Numbers open the rows behind them."""

from __future__ import annotations

import datetime as dt
import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Feed, Flow
from tests.integrations.admin.house import House


def shown(house: House, client: Client, name: str, *args: object) -> str:
    return client.get(reverse(f"customer:{name}", args=[house.tenant.slug, *args])).content.decode()


def test_what_hangs_and_what_is_off_is_opened_from_where_it_is_counted(house: House, viewer: Client) -> None:
    Feed.objects.filter(pk=house.feed.pk).update(read_until=timezone.now() - dt.timedelta(minutes=1))
    documents = reverse("customer:documents", args=[house.tenant.slug])
    assert f'<a href="{documents}?state=needs">apart from' in shown(house, viewer, "home")
    page = shown(house, viewer, "integration", house.integration.key)
    assert f'<a href="{documents}?flow={house.flow.pk}&amp;state=needs">except' in page
    assert '<a href="#attempts">' in shown(house, viewer, "document", house.failed.pk)
    assert house.failed.business_number in viewer.get(f"{documents}?state=needs").content.decode()
    Flow.objects.filter(integration=house.integration, key="supplier-invoices").update(enabled=False)
    integrations = reverse("customer:integrations", args=[house.tenant.slug])
    assert re.search(rf'<a href="{integrations}">\d+ more flows? (is|are) switched off', shown(house, viewer, "home"))
