"""From the public catalogue to the first delivered order, as somebody does it who has never been here."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django_scopes import scopes_disabled

from integrations.models import Delivery, Integration, State
from portal.tenants.models import Membership, Role
from tests.browser.conftest import Visit, Visitor
from tests.support.simulators import Simulators
from tests.support.world import PASSWORD, entry_of

COMPANY = "kasityopuoti"
SUPPLIER, ITS_ID, OUR_ID = "80002", "ZZ:SUP80002T", "ZZ:KASITYOPUOTIT"


def connects(visitor: Visitor, connection: dict[str, Any], simulators: Simulators) -> None:
    """Fills the form of a system and watches its live test come in."""
    further = visitor.page.locator("main details")
    if further.count():
        further.first.locator("summary").first.click()
    for name, value in connection["settings"].items():
        field = visitor.page.locator(f"[name=setting_{name}]")
        stated = str(value).replace("${SANDBOX_URL}", simulators.url)
        if field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(stated)
        else:
            field.fill(stated)
    visitor.presses("Save and test")
    visitor.page.locator(".checklist li").first.wait_for()
    assert visitor.page.locator(".checklist .s-bad").count() == 0, visitor.page.locator(".checklist").inner_text()
    visitor.clicks("Go on", exact=True)


def test_from_the_catalogue_to_the_first_delivered_order(
    live_server: Any, visit: Visit, sandbox: Simulators, settle: Callable[..., None], settings: Any
) -> None:
    settings.SIGN_UP = True
    entry = {c["key"]: c for c in entry_of(COMPANY)["connections"]}
    visitor = visit()
    visitor.goes(reverse("catalogue"))
    visitor.page.locator(f"a[href='{reverse('catalogue_pair', args=['visma-orderful'])}']").click()
    visitor.clicks("Get started")
    visitor.fills(company="Pieni Kauppa Oy", name="Aino Virta", email="aino@pieni.example")
    visitor.fills(password1=PASSWORD, password2=PASSWORD)
    visitor.page.locator("[name=time_zone]").select_option("Europe/Helsinki")
    visitor.presses("Sign up")
    with scopes_disabled():
        member = Membership.objects.select_related("tenant").get(user__email="aino@pieni.example")
    assert (member.role, member.tenant.slug) == (Role.OWNER, "pieni-kauppa-oy")

    assert "Orderful" in visitor.heading, "the pair of the catalogue's page is chosen"
    visitor.clicks("Connect Visma.net ERP")
    connects(visitor, entry["visma"], sandbox)
    visitor.clicks("Connect Orderful")
    connects(visitor, entry["orderful"], sandbox)
    visitor.clicks("Visma.net ERP – Orderful")
    visitor.page.wait_for_load_state()  # a form that is still being drawn moves away from under a click
    boxes = visitor.page.locator("[name^=flow_]")
    for box in boxes.all():
        box.set_checked(box.get_attribute("name") == "flow_purchase-orders")
    visitor.presses("Save, and try it out")

    visitor.clicks("EDI")
    visitor.clicks("Add a trading partner")
    visitor.fills(name="Mäkelä Keramiikka Oyj", number=SUPPLIER, ours=OUR_ID, theirs=ITS_ID)
    visitor.presses("Add", exact=True)
    assert visitor.heading == "Mäkelä Keramiikka Oyj"

    with scopes_disabled():
        integration = Integration.objects.get(tenant=member.tenant)
    visitor.goes(reverse("customer:integration_setup", args=[member.tenant.slug, integration.key]))
    visitor.fills(**{"trial-start": "2020-01-01"})
    visitor.presses("Dry run of all flows")
    with scopes_disabled():
        settle(read=False)
    visitor.page.locator(".flow-list", has_text="create").wait_for()
    assert not sandbox.rows("orderful", "transactions"), "a dry run writes nothing"
    visitor.fills(start="2020-01-01", limit="1000")
    visitor.presses("Go live")
    visitor.sees("is live.")
    with scopes_disabled():
        settle()
        sent = Delivery.objects.filter(tenant=member.tenant, state=State.DELIVERED).order_by("pk").first()
    assert sent is not None, "no order was delivered"

    visitor.clicks("Documents")
    visitor.clicks("Delivered", exact=True)
    visitor.clicks(sent.business_number, exact=True)
    assert sent.business_number in visitor.heading
    assert visitor.page.locator("svg.axis-lanes").is_visible()
    assert sandbox.rows("orderful", "transactions")

    before = len(sandbox.rows("orderful", "transactions"))
    edits_and_resends(visitor, settle, sent)
    assert len(sandbox.rows("orderful", "transactions")) == before + 1


def edits_and_resends(visitor: Visitor, settle: Callable[..., None], sent: Delivery) -> None:
    """One more of the currency in taxes, as somebody agreed on the telephone: it goes out as a later version, and both
    say who wanted that and why."""
    visitor.page.get_by_role("link", name="Edit and replay…", exact=True).click()
    document = json.loads(visitor.page.locator("[name=document]").input_value())
    more = {name: str(Decimal(document.get(name, "0")) + 1) for name in ("tax_total", "total")}
    visitor.fills(document=json.dumps({**document, **more}), reason="Agreed on the telephone")
    visitor.presses("Send it as edited")
    visitor.sees("It goes out as")
    with scopes_disabled():
        settle(read=False)
        again = Delivery.objects.get(replays=sent)
    assert again.state == State.DELIVERED
    visitor.goes(reverse("customer:document", args=[sent.tenant.slug, again.pk]))
    for said in ("tax_total", "Agreed on the telephone"):
        visitor.sees(said)
