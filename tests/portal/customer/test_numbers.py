"""Numbers open the rows behind them."""

from __future__ import annotations

import datetime as dt
import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Feed, Flow, WebhookEndpoint, WebhookEvent
from portal.customer.runs import CALLS_SHOWN
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


def test_what_a_run_read_and_asked_for_is_opened_from_its_numbers(house: House, viewer: Client) -> None:
    records = reverse("customer:records", args=[house.tenant.slug])
    page = shown(house, viewer, "run", house.run.pk)
    assert f'<a href="{records}?run={house.run.pk}"><b>7</b></a>' in page
    assert "(none of them is kept)" in page
    assert 'href="#calls"' not in page
    rows = viewer.get(f"{records}?run={house.run.pk}")
    assert len(rows.context["page"].rows) == 4
    assert "The run read 7; 3 said nothing new and are not kept a second time, so 4 are here." in rows.content.decode()
    for _ in range(CALLS_SHOWN + 2):
        house.exchange.pk, house.exchange.run = None, house.run
        house.exchange.save()
    page = shown(house, viewer, "run", house.run.pk)
    assert page.count('<a href="#calls">') == 2
    assert f"The first {CALLS_SHOWN} of {CALLS_SHOWN + 2} that are kept." in page
    url = reverse("customer:run", args=[house.tenant.slug, house.run.pk]) + "?calls=more"
    assert len(viewer.get(url).context["calls"]) == CALLS_SHOWN + 2


def test_webhooks_of_unknown_type_are_opened_from_where_they_are_counted(house: House, viewer: Client) -> None:
    now = timezone.now()
    WebhookEndpoint.objects.create(
        tenant=house.tenant, connection=house.visma, token="t", token_hash="h", created_at=now, refused=3
    )
    for state, kind in (("taken", "known"), ("parked", "unheard-of")):
        WebhookEvent.objects.create(
            tenant=house.tenant, connection=house.visma, event_id=kind, kind=kind, state=state, body=b"secret body",
            received_at=now, last_received_at=now,
        )  # fmt: skip
    events = reverse("customer:connection_events", args=[house.tenant.slug, house.visma.key])
    page = shown(house, viewer, "connection", house.visma.key)
    assert f'<a href="{events}?state=parked">1</a>' in page
    assert "3 since the address was made" in page
    parked, whole = (viewer.get(f"{events}{query}") for query in ("?state=parked", ""))
    assert [e.kind for e in parked.context["page"].rows] == ["unheard-of"]
    assert [e.kind for e in whole.context["page"].rows] == ["unheard-of", "known"]
    assert "secret body" not in whole.content.decode()


def test_the_catalogue_counts_what_its_pages_list(client: Client) -> None:
    pair = reverse("catalogue_pair", args=["visma-cleo"])
    page = client.get(reverse("catalogue")).content.decode()
    out = re.search(rf'<a href="{pair}#out">(\d+) flows out</a>', page)
    assert out is not None
    text = client.get(pair).content.decode()
    part = text[text.index('id="out"') : text.index("</section>", text.index('id="out"'))]
    assert part.count("<li>") == int(out[1])
    assert f'<a href="{pair}#in">' in page
    assert 'id="in"' in text
