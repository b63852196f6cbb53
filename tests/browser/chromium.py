"""Where a Chromium is on this machine, and how one is got: Debian's package, else Playwright's own build.

`python -m tests.browser.chromium` gets one, unless there is one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What Debian and others call it."""
NONE_HERE = "There is no Chromium here, so no page was tried in a browser. `make browser` gets one."
PATIENCE = 300
"""Seconds for each way of getting one."""


def found() -> str:
    """The path of a Chromium that can be started: the one that CHROMIUM names, the machine's, else Playwright's. ""
    where there is none."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return named
    installed = next((path for name in NAMES if (path := shutil.which(name))), "")
    return installed or _of_playwright()


def _of_playwright() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else ""


def get() -> bool:
    """Gets one. Says what was tried, and whether there is one now."""
    for command in _ways():
        print("Trying:", " ".join(command), flush=True)
        if not _run(command):
            continue
        if found():
            return True
    return bool(found())


def _ways() -> list[tuple[str, ...]]:
    """Commands, any of which may leave a Chromium; those of Debian only where they may be used without a password."""
    apt = shutil.which("apt-get")
    before = () if os.geteuid() == 0 else ("sudo", "-n")
    ways: list[tuple[str, ...]] = []
    if apt and (not before or shutil.which("sudo")):
        install = (*before, apt, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core")
        ways += [install, (*before, apt, "update", "-qq"), install]
    return [*ways, (sys.executable, "-m", "playwright", "install", "chromium")]


def _run(command: tuple[str, ...]) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  it did not work: {error}")
        return False
    return done.returncode == 0


if __name__ == "__main__":
    there = found()
    if there or get():
        print(f"Chromium: {found()}")
    else:
        sys.exit("No Chromium could be installed. Install one by hand, or name one: CHROMIUM=/path make test")
