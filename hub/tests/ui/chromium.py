"""The browser of all tests: Chromium or Chrome on the path, the one that CHROMIUM names, or Playwright's own."""

import os
import shutil
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The browser's own sandbox needs what root in a container has not.
OPTIONS = ("--no-sandbox",)


class BrowserMissing(Exception):
    """There is no browser of Chromium's family here."""


def find_chromium(own: str) -> str:
    """The path of a browser; `own` is where Playwright would have put one. BrowserMissing says how to get one."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None and Path(own).exists():
        found = own
    if found is None:
        raise BrowserMissing(
            "these tests need Chromium: .venv/bin/playwright install chromium, or apt-get install chromium,"
            " or name one with CHROMIUM"
        )
    return found
