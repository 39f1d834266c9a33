"""`suprsend-hub webhook`: endpoints of yours that are told what became of messages."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suprsend_hub.actions.audit import Along
from suprsend_hub.actions.edit_webhooks import (
    add_endpoint,
    make_webhook_secret,
    noted,
    noted_url,
    remove_endpoint,
    rotate_webhook_secret,
    try_endpoint,
)
from suprsend_hub.actions.replay import enable as enable_webhook
from suprsend_hub.actions.replay import replay as replay_one
from suprsend_hub.actions.replay import replay_all_failed
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import WorkspaceOption, open_workspace
from suprsend_hub.domain.announcement import ANNOUNCED
from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.webhook import (
    MOST_A_SECOND,
    Answer,
    Endpoint,
    read_description,
    read_header_pairs,
    read_interest,
    read_url,
)
from suprsend_hub.hub import Hub
from suprsend_hub.store.webhook_deliveries import KEPT_FOR, ListedDelivery, list_deliveries
from suprsend_hub.store.webhooks import StoredEndpoint, list_endpoints
from suprsend_hub.store.workspaces import Workspace
from suprsend_hub.terminal import run
from suprsend_hub.vendors.webhook_poster import WebhookPoster

webhook_commands = typer.Typer(help="Endpoints that are told what became of messages.", no_args_is_help=True)

HIGHEST_ID = 2**63 - 1

IdArgument = Annotated[int, typer.Argument(help="the webhook's id, as `webhook list` shows it", min=1, max=HIGHEST_ID)]
IdOption = Annotated[
    int | None, typer.Option(help="only this endpoint's, by its id  [default: all]", min=1, max=HIGHEST_ID)
]
StateOption = Annotated[
    list[str] | None, typer.Option(help=f"only these of {', '.join(ANNOUNCED)}; may be repeated  [default: all]")
]
ChannelOption = Annotated[
    list[str] | None, typer.Option(help=f"only these of {', '.join(CHANNELS)}; may be repeated  [default: all]")
]


@webhook_commands.command("add")
def add(
    url: Annotated[str, typer.Argument(help="where webhooks are posted to: http or https")],
    workspace: WorkspaceOption,
    state: StateOption = None,
    channel: ChannelOption = None,
    header: Annotated[list[str] | None, typer.Option(help="sent along, as name=value; may be repeated")] = None,
    rate: Annotated[
        int | None, typer.Option(help="requests a second at most  [default: no limit]", min=1, max=MOST_A_SECOND)
    ] = None,
    description: Annotated[str, typer.Option(help="what it is for")] = "",
) -> None:
    """Add an endpoint; the secret that signs what it is told is shown only now."""

    async def work() -> tuple[int, Endpoint]:
        endpoint = Endpoint(
            url=read_url(url),
            description=read_description(description),
            interest=read_interest(state or [], channel or []),
            rate=rate,
            secret=make_webhook_secret(),
            headers=read_header_pairs(header or []),
        )
        async with open_workspace(workspace) as (hub, found):
            noting = operator(found.id).noting("added webhook", noted_url(endpoint), **noted(endpoint))
            check = _poster(hub).check
            return await add_endpoint(hub.pool, hub.vault, check, found.id, endpoint, noting), endpoint

    added, endpoint = run(work())
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"webhook {added} is told from now on what becomes of messages of {workspace}")
    console.print("secret", endpoint.secret)
    console.print("[dim]Keep it now: it can't be shown again.[/dim]")


@webhook_commands.command("list")
def show(workspace: WorkspaceOption) -> None:
    """List a workspace's endpoints and how they are doing, without their secrets."""

    async def work() -> list[StoredEndpoint]:
        async with open_workspace(workspace) as (hub, found):
            return await _endpoints(hub, found)

    table = Table("id", "url", "states", "channels", "a second", "doing", "description")
    for each in run(work()):
        interest = each.endpoint.interest
        wanted = [", ".join(sorted(names)) or "all" for names in (interest.states, interest.channels)]
        rate = "any" if each.endpoint.rate is None else str(each.endpoint.rate)
        # What stands behind the question mark may be a secret of the endpoint's owner.
        row = (str(each.id), each.endpoint.url.partition("?")[0], *wanted, rate, _doing(each))
        table.add_row(*map(escape, row), escape(each.endpoint.description))
    Console().print(table)


@webhook_commands.command("remove")
def remove(webhook: IdArgument, workspace: WorkspaceOption) -> None:
    """Remove an endpoint; what waits for it is never told."""

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            noting = _noting("removed webhook", found, await _find(hub, found, webhook))
            await remove_endpoint(hub.pool, found.id, webhook, noting)
        Console().print(f"removed webhook {webhook}", highlight=False)

    run(work())


@webhook_commands.command("rotate")
def rotate(
    webhook: IdArgument,
    workspace: WorkspaceOption,
    grace_hours: Annotated[float, typer.Option(help="for so long the old secret signs too", min=0, max=720)] = 24,
) -> None:
    """Give an endpoint a new secret, which is shown only now."""

    async def work() -> str:
        async with open_workspace(workspace) as (hub, found):
            lasting = timedelta(hours=grace_hours)
            stored = await _find(hub, found, webhook)
            noting = _noting("rotated webhook secret", found, stored, hours=grace_hours)
            return await rotate_webhook_secret(hub.pool, hub.vault, found.id, webhook, lasting, noting)

    Console(soft_wrap=True, highlight=False).print("secret", run(work()))


@webhook_commands.command("enable")
def enable(webhook: IdArgument, workspace: WorkspaceOption) -> None:
    """Tell an endpoint things again that was disabled, first what has waited for it."""

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            noting = _noting("enabled webhook", found, await _find(hub, found, webhook))
            await enable_webhook(hub.pool, found.id, webhook, noting)
        Console().print(f"webhook {webhook} is told things again", highlight=False)

    run(work())


@webhook_commands.command("deliveries")
def deliveries(
    workspace: WorkspaceOption,
    webhook: IdOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="only those that failed for good")] = False,
    limit: Annotated[int, typer.Option(help="how many at most", min=1, max=10_000)] = 50,
) -> None:
    """List what endpoints were told, newest first, what they said, and when they are told again."""

    async def work() -> list[ListedDelivery]:
        async with open_workspace(workspace) as (hub, found), hub.pool.acquire() as connection:
            return await list_deliveries(connection, found.id, limit=limit, endpoint_id=webhook, only_failed=failed)

    table = Table("delivery", "webhook", "message", "told", "state", "tries", "next try", "answer")
    for each in run(work()):
        due = each.due_at.isoformat(timespec="seconds") if each.state == "pending" else ""
        what = (each.id, str(each.endpoint_id), each.message_id, each.status, each.state, str(each.attempts), due)
        table.add_row(*what, escape(each.answer or ""))
    Console().print(table)


@webhook_commands.command("replay")
def replay(
    workspace: WorkspaceOption,
    delivery: Annotated[str | None, typer.Argument(help="one delivery, as `webhook deliveries` shows it")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="all that failed for good")] = False,
    since: Annotated[str | None, typer.Option(help="with --failed: only of changes since then, in ISO 8601")] = None,
    webhook: IdOption = None,
) -> None:
    """Tell an endpoint something again, under the same webhook-id."""

    async def work() -> int:
        if (delivery is None) != failed:
            raise Invalid("delivery", "give either a delivery's id or --failed")
        start = datetime.now(UTC) - KEPT_FOR if since is None else _read_moment(since)
        async with open_workspace(workspace) as (hub, found):
            if delivery is not None:
                noting = operator(found.id).noting("replayed delivery", delivery)
                await replay_one(hub.pool, found.id, delivery, noting)
                return 1
            chosen = await _endpoints(hub, found) if webhook is None else [await _find(hub, found, webhook)]
            count = 0
            for each in chosen:
                noting = _noting("replayed failed deliveries", found, each)
                count += await replay_all_failed(hub.pool, found.id, each.id, start, noting)
            return count

    Console().print(f"{run(work())} to be told again", highlight=False)


@webhook_commands.command("test")
def test(webhook: IdArgument, workspace: WorkspaceOption) -> None:
    """Post one signed example to an endpoint and show what it said."""

    async def work() -> Answer:
        async with open_workspace(workspace) as (hub, found):
            stored = await _find(hub, found, webhook)
            async with hub.pool.acquire() as connection:
                await _noting("sent a test webhook", found, stored)(connection)
        return await try_endpoint(_poster(hub).visit, stored.endpoint, found, hub.now())

    answer = run(work())
    Console().print("accepted" if answer.is_success else "not accepted:", answer.said, highlight=False, markup=False)
    if not answer.is_success:
        raise typer.Exit(1)


def _doing(stored: StoredEndpoint) -> str:
    if stored.disabled_at is not None:
        return f"disabled {stored.disabled_at:%Y-%m-%d %H:%M}: {stored.disabled_reason}"
    since = stored.health.failing_since
    return "well" if since is None else f"failing since {since:%Y-%m-%d %H:%M}"


def _poster(hub: Hub) -> WebhookPoster:
    return WebhookPoster(allow_private_urls=hub.settings.private_urls)


async def _endpoints(hub: Hub, workspace: Workspace) -> list[StoredEndpoint]:
    async with hub.pool.acquire() as connection:
        return await list_endpoints(connection, hub.vault, workspace.id)


async def _find(hub: Hub, workspace: Workspace, webhook: int) -> StoredEndpoint:
    for each in await _endpoints(hub, workspace):
        if each.id == webhook:
            return each
    raise NotFound(f"there is no webhook {webhook} in {workspace.name}; see: suprsend-hub webhook list")


def _noting(action: str, workspace: Workspace, stored: StoredEndpoint, **details: object) -> Along:
    url = noted_url(stored.endpoint)
    return operator(workspace.id).noting(action, str(stored.id), url=url, **details)


def _read_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("since", f"{text[:40]!r} is not a time in ISO 8601, such as 2026-01-31T12:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
