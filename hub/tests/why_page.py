"""The examples of docs/why.md, made of one explanation. `python -m hub.tests.why_page` writes them into the page."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from suprsend_hub.commands.why import show
from suprsend_hub.domain.explanation import explain_one
from suprsend_hub.domain.message_try import MessageTry

from hub.tests.domain.test_explanation import ACCOUNTS, EARLIER, MESSAGE, NOW, UNSENT, facts_of

PAGE = Path(__file__).parents[2] / "docs" / "why.md"


def example() -> dict[str, Any]:
    """A mail that its first vendor did not take, and that is waited for."""
    sms: dict[str, Any] = {**UNSENT, "id": "01K8SMS", "channel": "sms", "address": "+15005550006", "variant_id": None}
    rung = replace(MESSAGE, **sms, status="to_be_triggered", due_at=EARLIER + timedelta(hours=1))
    mail = replace(MESSAGE, id="01K8MAIL", run_id="01K8RUN", passed=["first"])
    facts = facts_of(
        mail,
        rung,
        run={
            "exclusions": [{"channel": "inbox", "reason": "channel_not_requested"}],
            "wanted": frozenset({"email", "sms"}),
        },
        tries=[MessageTry("01K8MAIL", "ses", "first", "accepted", None, None, EARLIER - timedelta(minutes=2))],
        accounts=ACCOUNTS,
    )
    return explain_one(facts, facts.runs[0], mail, NOW)


def blocks() -> list[tuple[str, str]]:
    """The language and the text of each block of code that is made."""
    screen = StringIO()
    show(Console(file=screen, width=200, highlight=False, soft_wrap=True), example())
    text = "\n".join(line.rstrip() for line in screen.getvalue().splitlines())
    return [
        ("text", f"{text}\n"),
        ("json", f"{msgspec.json.format(msgspec.json.encode(example()), indent=2).decode()}\n"),
    ]


def write_page() -> str:
    """The page with its examples as they are now."""
    page = PAGE.read_text()
    for language, text in blocks():
        before, _, rest = page.partition(f"```{language}\n")
        page = f"{before}```{language}\n{text}```{rest.partition('```')[2]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(write_page())
