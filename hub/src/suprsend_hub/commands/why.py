"""`suprsend-hub why`: what was decided of a message, or of a whole request, for people to read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suprsend_hub.actions.explain import explain
from suprsend_hub.config import read_settings
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.explanation_success import moment
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.hub import open_hub
from suprsend_hub.terminal import run

_WAITS = {"waiting": "waits until", "over": "waited until", "cancelled": "was cancelled, and would have waited until"}


def why(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="of a message, or of a request")],
    as_json: Annotated[bool, typer.Option("--json", help="print the JSON of the API instead")] = False,
) -> None:
    """Say why a message was sent or not, what happened to it, and what comes next."""

    async def work() -> Document:
        async with open_hub(read_settings()) as hub:
            found = await explain(hub.pool, identifier, datetime.now(UTC))
        if found is None:
            raise NotFound(f"there is no message and no request {identifier!r}")
        return found

    found = run(work())
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    show(Console(soft_wrap=True, highlight=False), found)


def show(console: Console, found: Mapping[str, Any]) -> None:
    """Print an explanation of a message or of a request."""
    if "message_id" in found:
        _print_message(console, found)
        _print_request(console, found["request"])
        _print_run(console, found["run"])
        return
    _print_request(console, found["request"])
    for each in found["runs"]:
        _print_run(console, each)
        for message in each["messages"]:
            _print_message(console, message)
    for each in found["never_begun"]:
        console.print(f"{each['distinct_id']}: {each['sentence']}", markup=False)
    if found["has_more_runs"]:
        console.print("There are more runs: ask for a message of one.", markup=False)


def _print_message(console: Console, message: Mapping[str, Any]) -> None:
    title = f"message {message['message_id']}: {message['channel']} to {message['address'] or 'nobody'}"
    console.print(f"[bold]{escape(title)}[/bold]")
    console.print(f"  {message['status']} ({message['rule']}): {message['sentence']}", markup=False)
    for how, each in (("it repeats", message["repeats"]), ("it is repeated as", message["repeated_as"])):
        if each is not None:
            asked = f"as {each['by']} asked at {moment(each['at'])}"
            console.print(f"  {how} {each['message_id']} ({each['status']}), {asked}", markup=False)
    _print_rows(
        console,
        ("at", "account", "vendor", "outcome", "code", "detail"),
        [
            (moment(each["at"]), each["nickname"], each["vendor"], each["outcome"], each["code"], each["detail"])
            for each in message["tries"]
        ],
    )
    for each in message["receipts"]:
        console.print(f"  {each['what']} at {moment(each['at'])}", markup=False)
    for each in message["suppressions"]:
        until = "for good" if each["until"] is None else f"until {moment(each['until'])}"
        what = each["category"] or "all categories"
        console.print(f"  the address is left alone {until} for {what}: {each['cause']}", markup=False)


def _print_request(console: Console, request: Mapping[str, Any]) -> None:
    console.print(f"[bold]{escape('request ' + request['request_id'])}[/bold]")
    console.print(f"  {request['workflow']}, {request['category']}. {request['sentence']}", markup=False)
    if request["idempotency_key"]:
        until = moment(request["same_key_ignored_until"])
        console.print(f"  the key {request['idempotency_key']} is ignored again until {until}", markup=False)


def _print_run(console: Console, found: Mapping[str, Any]) -> None:
    console.print(f"[bold]{escape('run ' + found['execution_id'])}[/bold] for {escape(_whom(found['recipient']))}")
    console.print(f"  {found['sentence']}", markup=False)
    for each in sorted((*found["waits"], *found["deliveries"]), key=lambda each: each["node"]):
        if "until" in each:
            console.print(f"  {_step(each)} {_WAITS[each['state']]} {moment(each['until'])}", markup=False)
        else:
            _print_delivery(console, each)


def _step(node: Mapping[str, Any]) -> str:
    """A node as people count it, and by its name if it has one."""
    return f"step {node['node'] + 1}" + (f" ({node['name']})" if node["name"] else "")


def _whom(recipient: Mapping[str, Any]) -> str:
    if recipient["$type"] == "object":
        return f"{recipient['object_type']}/{recipient['id']}"
    return recipient["distinct_id"] or "somebody without a name"


def _print_delivery(console: Console, delivery: Mapping[str, Any]) -> None:
    template = delivery["template"]
    version = "" if template["version_no"] is None else f", version {template['version_no']}"
    due = f", due at {moment(delivery['due_at'])}" if delivery["due_at"] else ""
    console.print(f"  {_step(delivery)} sends {template['slug']}{version}{due}", markup=False)
    _print_rows(
        console,
        ("channel", "used", "rule", "why"),
        [
            (each["channel"], "yes" if each["used"] else "no", each["rule"], each["sentence"])
            for each in delivery["channels"]
        ],
    )
    ladder = delivery["ladder"]
    if ladder is not None:
        console.print(f"  {ladder['sentence']}", markup=False)
        _print_rows(
            console,
            ("rung", "due", "status"),
            [(each["channel"], moment(each["due_at"]), each["status"]) for each in ladder["rungs"]],
        )


def _print_rows(console: Console, heads: tuple[str, ...], rows: list[tuple[str | None, ...]]) -> None:
    if not rows:
        return
    table = Table(*heads, box=None, padding=(0, 2))
    for row in rows:
        table.add_row(*(escape(cell or "") for cell in row))
    console.print(table)
