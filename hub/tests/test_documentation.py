"""The documentation says what is so."""

from base64 import b64encode
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.announcement import Announcement, write_payload
from suprsend_hub.domain.rendering import compile_content
from suprsend_hub.domain.routing import EXPLANATIONS
from suprsend_hub.domain.webhook_signature import read_secret, sign_webhook
from suprsend_hub.domain.workflow import review_definition
from suprsend_hub.domain.workflow_node import KINDS, PLANNED_KINDS
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.settings import describe_settings_of

from tools.configuration_page import PAGE, write_page

DOCS = PAGE.parent


def test_the_configuration_page_is_that_of_the_settings() -> None:
    assert PAGE.read_text() == write_page(), "run: python -m tools.configuration_page"


@pytest.mark.parametrize("name", VENDORS)
def test_the_section_of_a_vendor_has_its_settings_its_limits_and_a_link_to_its_pages(name: str) -> None:
    vendor = VENDORS[name]
    page = (DOCS / "vendors.md").read_text()
    section = page.partition(f"## `{name}` ({vendor.channel or 'any channel'})")[2].partition("\n## ")[0]
    assert section, f"docs/vendors.md has no section for {name}"
    for setting in describe_settings_of(vendor.settings):
        assert f"`{setting.name}`" in section
    assert "Limits: " in section
    assert vendor.documentation.startswith("https://")
    assert vendor.documentation in section


def test_every_reason_for_not_sending_is_in_the_table_of_reasons() -> None:
    rows = [line.replace("`", "") for line in (DOCS / "delivery.md").read_text().splitlines()]
    for code, sentence in EXPLANATIONS.items():
        assert [each for each in rows if each.startswith(f"| {code} | ") and sentence.split(",")[0] in each], code


def test_no_link_leads_nowhere() -> None:
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
    for page in pages:
        for target in _links(page):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def _links(page: Path) -> list[str]:
    targets = [part.partition(")")[0] for part in page.read_text().split("](")[1:]]
    return [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]


def _block(page: str, language: str) -> str:
    """The first block of code in this language on a page of the documentation."""
    return (DOCS / page).read_text().partition(f"```{language}\n")[2].partition("```")[0]


def test_the_example_tells_a_webhook_of_the_hub_from_any_other() -> None:
    names: dict[str, Any] = {}
    exec(_block("webhooks.md", "python"), names)
    check, secret, body = names["is_from_the_hub"], f"whsec_{b64encode(bytes(32)).decode()}", b'{"version": "1.0"}'
    headers = sign_webhook(read_secret(secret), "01K8", datetime.now(UTC), body)
    assert check(secret, headers, body)
    assert not check(secret, headers, body + b" ")
    assert not check(secret, headers | {"webhook-id": "01K9"}, body)
    assert not check(f"whsec_{b64encode(bytes(range(32))).decode()}", headers, body)
    old = sign_webhook(read_secret(secret), "01K8", datetime.now(UTC) - timedelta(minutes=6), body)
    assert not check(secret, old, body)


def test_the_example_of_a_webhook_has_the_fields_that_webhooks_have() -> None:
    shown = msgspec.json.decode(_block("webhooks.md", "json"))
    texts = {each.name: "x" for each in fields(Announcement)}
    announcement: dict[str, Any] = {**texts, "status": "delivery_failure", "vendor": "twilio"}
    announcement["happened_at"] = datetime.now(UTC)
    assert _keys(shown) == _keys(msgspec.json.decode(write_payload(Announcement(**announcement))))


def test_the_example_of_a_workflow_can_go_live() -> None:
    review = review_definition(msgspec.json.decode(_block("workflows.md", "json")))
    assert review.faults == ()
    assert review.workflow is not None


def test_every_kind_of_node_is_on_the_page_of_workflows() -> None:
    page = (DOCS / "workflows.md").read_text()
    operations = {kind for kind in PLANNED_KINDS if "operation_" in kind}
    for kind in {*KINDS, *PLANNED_KINDS} - operations:
        assert f"`{kind}`" in page


def _keys(document: object) -> object:
    return {name: _keys(value) for name, value in document.items()} if isinstance(document, dict) else None


def _examples() -> list[tuple[str, str]]:
    """The rows of the table of helpers that say exactly what comes out."""
    rows = [line.strip("|").split("|") for line in (DOCS / "templates.md").read_text().splitlines() if "`{{" in line]
    cells = [(row[1].strip(), row[2].strip()) for row in rows if len(row) == 3]
    return [(source.strip("`"), shown.split("`")[1]) for source, shown in cells if shown.startswith("`")]


@pytest.mark.parametrize(("source", "shown"), _examples())
def test_the_examples_of_helpers_give_what_they_say(source: str, shown: str) -> None:
    content = compile_content("sms", {"body": source})
    assert content.render({}, datetime.now(UTC)) == {"body": shown}
