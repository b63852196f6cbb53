"""What people do in the portal: they log in, use the keyboard alone, and manage without JavaScript."""

from __future__ import annotations

import pytest
from django.urls import reverse

from integrations.models import Delivery, Issue, State
from tests.browser.conftest import Visit, Visitor
from tests.integrations.admin.house import PASSWORD, House

TABS = 60
"""How often Tab is pressed at most on the way to something."""


def page(house: House, name: str, *args: object) -> str:
    return reverse(f"customer:{name}", args=[house.tenant.slug, *args])


def tabs_to(visitor: Visitor, text: str) -> None:
    """Presses Tab until a link, button or field that is called so has the focus, which must then be seen."""
    for _ in range(TABS):
        visitor.page.keyboard.press("Tab")
        said = visitor.page.evaluate(
            """() => { const e = document.activeElement; return [e.innerText || "", e.labels?.[0]?.innerText || "",
               getComputedStyle(e).outlineStyle] }"""
        )
        if text in said[0] or text in said[1]:
            assert said[2] != "none", f"{text} has the focus, and nobody sees it"
            return
    pytest.fail(f"{text!r} is not reached with {TABS} presses of Tab on {visitor.page.url}")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_customer_logs_in_finds_a_document_and_logs_out(house: House, visit: Visit, javascript: bool) -> None:
    visitor = visit(javascript=javascript)
    visitor.goes(page(house, "documents"))
    visitor.fills(login=house.customer.email, password="wrong, and long enough")
    visitor.presses("Log in")
    assert visitor.page.locator("[role=alert], .errorlist").first.inner_text()
    visitor.fills(login=house.customer.email, password=PASSWORD)
    visitor.presses("Log in")
    assert visitor.heading == "Documents"
    visitor.fills(q="500123")
    visitor.presses("Find")
    visitor.clicks("500123", exact=True)
    assert "500123" in visitor.heading
    visitor.page.locator("details.who summary").click()
    visitor.presses("Log out")
    visitor.goes(page(house, "home"))
    assert visitor.heading == "Log in"


def test_an_issue_is_retried_with_the_keyboard_alone(house: House, visit: Visit) -> None:
    visitor = visit(house.customer)
    visitor.goes(page(house, "home"))
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"
    for name in ("Need you", house.issue.sentence, "Replay all"):
        tabs_to(visitor, name)
        with visitor.page.expect_navigation():
            visitor.page.keyboard.press("Enter")
    assert visitor.page.locator("table.plan").is_visible(), "no plan before anything is done"
    tabs_to(visitor, "Why")
    visitor.page.keyboard.type("The number was added in Visma.net")
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    assert Delivery.objects.get(pk=house.failed.pk).state == State.PENDING


def test_everything_is_done_without_javascript(house: House, visit: Visit) -> None:
    """Pages that htmx makes live are read by reloading, forms are sent, plans are shown first."""
    visitor = visit(house.customer, javascript=False)
    visitor.goes(page(house, "issue", house.issue.pk))
    visitor.clicks("Dismiss")
    visitor.fills(reason="It was settled by hand")
    visitor.page.locator("main form button[type=submit]").first.click()
    assert visitor.page.locator(".messages").inner_text()
    assert Issue.objects.get(pk=house.issue.pk).status != Issue.Status.OPEN
    assert Delivery.objects.get(pk=house.failed.pk).state == State.DISMISSED


def test_a_failed_document_is_replayed_and_waits_for_what_is_stopped(house: House, visit: Visit) -> None:
    """One direction is stopped from its page; what is replayed then says why it waits, until it is allowed again."""
    visitor = visit(house.customer)
    integration = page(house, "integration", house.integration.key)
    visitor.goes(integration)
    visitor.clicks("Stop sending to the partner")
    assert visitor.page.locator("table.plan").is_visible(), "no plan before anything is done"
    visitor.fills(reason="Wrong prices")
    visitor.presses("Stop what goes to Orderful")
    visitor.sees("Sending to Orderful is stopped for Visma with Orderful: Wrong prices")
    visitor.goes(page(house, "document", house.failed.pk))
    visitor.page.get_by_role("link", name="Replay…", exact=True).click()
    assert visitor.page.locator("table.plan").is_visible(), "no plan before anything is done"
    if visitor.page.locator("[name=reason]").count():
        visitor.fills(reason="The number was added in Visma.net")
    visitor.page.locator("main form button[type=submit]").first.click()
    visitor.sees("Sending to Orderful is stopped for Visma with Orderful: Wrong prices")
    assert Delivery.objects.get(pk=house.failed.pk).state == State.PENDING
    visitor.goes(integration)
    visitor.clicks("Allow it again")
    visitor.presses("Allow what goes to Orderful")
    visitor.sees("what has waited goes out in its order")
    visitor.goes(page(house, "document", house.failed.pk))
    assert "Sending to Orderful is stopped" not in visitor.page.locator("main").inner_text()
