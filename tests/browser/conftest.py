"""A real Chromium, the portal as a live server, and visitors who note all that goes wrong in the browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django_scopes import scopes_disabled
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from portal.tenants.models import User
from tests.browser.chromium import NONE_HERE, found
from tests.integrations.admin.house import House, build_house

REQUIRED = os.environ.get("BROWSER_TESTS") == "required"
"""Set where a Chromium was got on purpose: then its absence is a failure, not a skip."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""A root without a user namespace has no sandbox; nothing but the portal is to be called."""
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
PATIENCE = 20_000
"""Milliseconds for one thing to appear on a busy machine."""
LISTEN = """addEventListener("securitypolicyviolation", e =>
  console.error(`policy violated: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"""


@pytest.hookimpl(tryfirst=True)  # the plugin that deals tests out reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all of them: they share a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass
class Visitor:
    """A person at a browser. What the browser complains of while they look around is in `troubles`."""

    page: Page
    base: str
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.add_init_script(LISTEN)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        # A refused role or a wrong token is a page with a sentence, which the browser's console counts as an error.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(f"{self.page.url}: {message.text}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 500 or (answer.status == 404 and "/static/" in answer.url):
            self.troubles.append(f"{answer.url}: status {answer.status}")

    def goes(self, path: str) -> None:
        self.page.goto(self.base + path)

    def clicks(self, name: str, *, role: str = "link", exact: bool = False) -> None:
        """Clicks the first link or button of that name."""
        self.page.get_by_role(role, name=name, exact=exact).first.click()  # type: ignore[arg-type]

    def presses(self, name: str, *, exact: bool = False) -> None:
        self.clicks(name, role="button", exact=exact)

    def sees(self, text: str) -> None:
        """Waits until the page says so."""
        self.page.get_by_text(text).first.wait_for()

    def fills(self, **values: str) -> None:
        """Fills fields by their names."""
        for name, value in values.items():
            self.page.locator(f"[name={name}]").fill(value)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").first.inner_text()

    @property
    def too_wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser, for all tests here. It ends with them: while it runs, its event loop runs in this thread, and Django
    would take every query for one inside of asynchronous code."""
    path = found()
    if not path:
        (pytest.fail if REQUIRED else pytest.skip)(NONE_HERE)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield browser
        connections.close_all()
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser, live_server: Any, settings: Any) -> Iterator[Visit]:
    """`visit(user, phone=…, dark=…, javascript=…)` opens a browser of its own for a person. In the end nobody may have
    met a script error, a broken policy or a failed page."""
    settings.BASE_URL = live_server.url
    opened: list[tuple[BrowserContext, Visitor]] = []

    def open_for(
        user: User | None = None, *, phone: bool = False, dark: bool = False, javascript: bool = True
    ) -> Visitor:
        context = chromium.new_context(
            viewport=PHONE if phone else WIDE,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Stockholm",
        )
        if user is not None:
            context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": live_server.url}])
        visitor = Visitor(context.new_page(), live_server.url)
        opened.append((context, visitor))
        return visitor

    yield open_for
    troubles = [trouble for _, visitor in opened for trouble in visitor.troubles]
    for context, _ in opened:
        context.close()
    assert troubles == []


def session_of(user: User) -> str:
    """A session of somebody who has logged in."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def house(live_server: Any) -> Iterator[House]:
    with scopes_disabled():
        yield build_house()
