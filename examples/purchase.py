"""A shop thanks a customer: save her addresses, trigger a workflow now and one in five seconds, see what arrived.

suprsend-hub dev --ready-file hub.json &
python -m examples.purchase hub.json
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from suprsend import Suprsend, Workflow

CUSTOMER = "customer-1"
EMAIL = "ada@example.com"
DEVICE = "demo-device-token-0123456789abcdef"
CHANNELS = ("email", "androidpush", "inbox")
DELAYS = {"at once": None, "5 s later": "5s"}
PATIENCE_SECONDS = 60
UNFINISHED = ("to_be_triggered", "triggered")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where a hub in development mode is, and the keys of its workspace."""

    base_url: str
    workspace_key: str
    workspace_secret: str
    api_key: str

    def get(self, path: str, **query: str) -> Any:
        """The JSON at a path."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        answer = urllib3.request("GET", self.base_url + path, fields=query, headers=headers, timeout=10)
        if answer.status != 200:
            raise SystemExit(f"GET {path}: {answer.data.decode()}")
        return answer.json()


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger of the workflow: when it was sent, and the key by which its messages are found."""

    label: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """What its recipient, or the vendor in front of him, got of a message."""

    title: str
    taken: str


def main(ready_file: Path) -> int:
    """Run the example; 0 if every message was taken."""
    said = json.loads(ready_file.read_text())
    hub = Hub(**{name: said[name] for name in Hub.__slots__})
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        save_customer(client)
        triggers = [trigger(client, label, delay) for label, delay in DELAYS.items()]
    messages = [(each, wait_for_messages(hub, each.key)) for each in triggers]
    arrivals = find_arrivals(hub)
    show(messages, arrivals)
    complete = all(len(found) == len(CHANNELS) for _, found in messages)
    return 0 if complete and all(was_taken(each, arrivals) for _, found in messages for each in found) else 1


def save_customer(client: Suprsend) -> None:
    """Tell the hub where the customer can be reached."""
    user = client.user.get_instance(CUSTOMER)
    user.add_email(EMAIL)
    user.add_androidpush(DEVICE)
    check(user.save())


def trigger(client: Suprsend, label: str, delay: str | None) -> Trigger:
    """Trigger the workflow."""
    triggered = Trigger(label, f"purchase-{uuid4()}", datetime.now(UTC))
    body = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": CUSTOMER}],
        "data": {
            "first_name": "Ada",
            "invoice_amount": "$5000",
            "invoice_id": "Invoice-1234",
            "items": [{"name": "Analytical engine", "price": "$4900"}, {"name": "Punched cards", "price": "$100"}],
            "order_url": "https://example.com/orders/1234",
        },
    }
    if delay is not None:
        body["delay"] = delay
    check(client.trigger_workflow(Workflow(body, idempotency_key=triggered.key)))
    return triggered


def check(result: Mapping[str, Any]) -> None:
    """Stop with the hub's own words where it refused something."""
    if not result["success"]:
        raise SystemExit(f"the hub refused: {result['message']}")


def wait_for_messages(hub: Hub, key: str) -> list[dict[str, Any]]:
    """The messages of one trigger, once each has reached an end or patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found: list[dict[str, Any]] = hub.get("/v1/message/", idempotency_key=key)["results"]
        if len(found) >= len(CHANNELS) and all(each["status"] not in UNFINISHED for each in found):
            return found
        if time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def find_arrivals(hub: Hub) -> dict[str, Arrival]:
    """What came out at the other end, by message: in the stand-ins' outbox, or in the customer's inbox."""
    arrivals: dict[str, Arrival] = {}
    for each in hub.get("/dev/outbox/", limit="1000")["results"]:
        text = each["content"].get("text") or each["content"].get("body") or ""
        arrivals[each["message_id"]] = Arrival(each["title"], text)
    for each in hub.get("/v1/feed/notifications", distinct_id=CUSTOMER)["results"]:
        arrivals[each["n_id"]] = Arrival(each["message"]["header"], each["message"]["text"])
    return arrivals


def was_taken(message: Mapping[str, Any], arrivals: Mapping[str, Arrival]) -> bool:
    """Whether the hub says so and the other end too."""
    return message["status"] not in UNFINISHED and message["failure_code"] is None and message["message_id"] in arrivals


def show(messages: Sequence[tuple[Trigger, list[dict[str, Any]]]], arrivals: Mapping[str, Arrival]) -> None:
    """Print a table of what became of everything."""
    table = Table("trigger", "message", "channel", "address", "state", "subject or title", "received", "took")
    for triggered, found in messages:
        for each in sorted(found, key=lambda message: CHANNELS.index(message["channel"])):
            arrival = arrivals.get(each["message_id"], Arrival("-", "-"))
            table.add_row(
                triggered.label,
                each["message_id"],
                each["channel"],
                each["channel_identity"]["value"],
                escape(each["failure_reason"] or each["status"]),
                escape(arrival.title),
                escape(" ".join(arrival.taken.split())[:48]),
                took(triggered, each),
            )
        if len(found) < len(CHANNELS):
            table.add_row(triggered.label, "-", f"only {len(found)} of {len(CHANNELS)} messages appeared")
        table.add_section()
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def took(triggered: Trigger, message: Mapping[str, Any]) -> str:
    """The time from the trigger until the vendor had the message; a delay counts."""
    if message["sent_at"] is None:
        return "-"
    return f"{(datetime.fromisoformat(message['sent_at']) - triggered.at).total_seconds():.2f} s"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
