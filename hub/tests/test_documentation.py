"""The documentation says what is so."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from suprsend_hub.domain.rendering import compile_content
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.settings import describe_settings_of

from tools.configuration_page import PAGE, write_page

DOCS = PAGE.parent


def test_the_configuration_page_is_that_of_the_settings() -> None:
    assert PAGE.read_text() == write_page(), "run: python -m tools.configuration_page"


def test_every_setting_of_every_vendor_is_on_its_page() -> None:
    page = (DOCS / "vendors.md").read_text()
    for name, vendor in VENDORS.items():
        section = page.partition(f"## `{name}` ({vendor.channel or 'any channel'})")[2].partition("\n## ")[0]
        assert section, f"docs/vendors.md has no section for {name}"
        for setting in describe_settings_of(vendor.settings):
            assert f"`{setting.name}`" in section


def test_no_link_leads_nowhere() -> None:
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
    for page in pages:
        for target in _links(page):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def _links(page: Path) -> list[str]:
    targets = [part.partition(")")[0] for part in page.read_text().split("](")[1:]]
    return [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]


def _examples() -> list[tuple[str, str]]:
    """The rows of the table of helpers that say exactly what comes out."""
    rows = [line.strip("|").split("|") for line in (DOCS / "templates.md").read_text().splitlines() if "`{{" in line]
    cells = [(row[1].strip(), row[2].strip()) for row in rows if len(row) == 3]
    return [(source.strip("`"), shown.split("`")[1]) for source, shown in cells if shown.startswith("`")]


@pytest.mark.parametrize(("source", "shown"), _examples())
def test_the_examples_of_helpers_give_what_they_say(source: str, shown: str) -> None:
    content = compile_content("sms", {"body": source})
    assert content.render({}, datetime.now(UTC)) == {"body": shown}
