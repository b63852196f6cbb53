"""Pictures for the documentation, of a portal that runs: `make serve` beside it, then `make screenshots`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import NONE_HERE, found

FOLDER = Path(__file__).parents[2] / "docs" / "images"
TENANT, OWNER, PASSWORD = "kasityopuoti", "owner@kasityopuoti.example", "look-around-2026"
"""Of the demo, as `make serve` prints them."""
WIDTH, HEIGHT = 1280, 860


def main(base: str) -> None:
    path = found()
    if not path:
        sys.exit(NONE_HERE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        page.goto(f"{base}/account/login/")
        page.fill("[name=login]", OWNER)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        home = f"{base}/t/{TENANT}/"
        for name, address in (
            ("home", home),
            ("issues", f"{home}issues/"),
            ("catalogue", f"{base}/catalogue/visma-orderful/"),
        ):
            page.goto(address)
            take(page, name)
        page.goto(f"{home}documents/?state=delivered&q=500")
        page.locator("main table tbody tr", has_text="Purchase orders → 850").locator("th a").first.click()
        take(page, "document")
        browser.close()


def take(page: Page, name: str) -> None:
    """One picture, as much as a window shows."""
    page.wait_for_load_state()
    page.screenshot(path=FOLDER / f"portal-{name}.png")
    print(f"docs/images/portal-{name}.png: {page.title()}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
