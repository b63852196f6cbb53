"""Every page in a browser: axe finds nothing, the policy holds, nothing is wider than a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from integrations.flows.registry import pairs
from tests.browser.conftest import Visit, Visitor
from tests.integrations.admin.house import House
from tests.portal.customer.pages import every_page

NO_PAGE = {
    "document_compare",
    "flow_preview",
    "connection_act",
    "operation_file",
    "activity_export",
    "document_reveal",
    "edi_set",
}
"""What calls the systems, which are not there in these tests, and what is a file or leads elsewhere."""
SETTLED = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def addresses(house: House) -> list[str]:
    """Every page that a customer can open, the public ones included."""
    public = [reverse(name) for name in ("account_login", "account_reset_password", "catalogue")]
    public += [reverse("catalogue_pair", args=[pairs()[0]])]
    own = [reverse(name) for name in ("mfa_index", "account_change_password")]
    return [*(url for name, url, _ in every_page(house) if name not in NO_PAGE), *own, *public]


def violations(visitor: Visitor, **options: Any) -> list[str]:
    """What axe finds on the page, in short."""
    asked = {"runOnly": {"type": "tag", "values": list(SETTLED)}, "resultTypes": ["violations"], **options}
    found = Axe().run(visitor.page, options=asked).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])})" for v in found]


@pytest.mark.parametrize("phone", [False, True], ids=["wide, light", "phone, dark"])
def test_axe_finds_nothing_and_nothing_is_too_wide(house: House, visit: Visit, settings: Any, phone: bool) -> None:
    settings.SIGN_UP = True
    stranger = visit(phone=phone, dark=phone)
    stranger.goes(reverse("account_signup"))
    assert not violations(stranger)
    visitor, wrong = visit(house.customer, phone=phone, dark=phone), []
    for address in addresses(house):
        visitor.goes(address)
        found = violations(visitor)
        if visitor.too_wide > 0:
            found.append(f"{visitor.too_wide} px too wide")
        wrong += [f"{address}: {line}" for line in found]
    assert not wrong, "\n".join(wrong)
