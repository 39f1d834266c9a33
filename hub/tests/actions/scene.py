"""A workspace with a template and vendors, and a recording vendor to send through."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from suprsend_hub.actions.accept import Receipt, Submission, accept
from suprsend_hub.actions.broadcast import accept_broadcast
from suprsend_hub.actions.compose import Composer
from suprsend_hub.actions.edit_list import change_members, save_list
from suprsend_hub.actions.expand import expand
from suprsend_hub.actions.group_commit import GroupCommit
from suprsend_hub.actions.links import LinkMaker
from suprsend_hub.actions.places import Places
from suprsend_hub.actions.plan import plan
from suprsend_hub.actions.send import Sending, send
from suprsend_hub.actions.settle import Result, settle
from suprsend_hub.actions.watch_health import HealthWatch
from suprsend_hub.domain.broadcast import read_broadcast
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import Advance, Announce, Expand, Plan, Send, Work
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome
from suprsend_hub.domain.retry import RetryPolicy
from suprsend_hub.domain.subscriber_list import ListForm
from suprsend_hub.domain.template import Variant
from suprsend_hub.domain.trigger import read_trigger
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.domain.webhook import Endpoint, Interest
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.templates import find_template, publish, put_template
from suprsend_hub.store.vendors import put_vendor
from suprsend_hub.store.webhooks import insert_endpoint
from suprsend_hub.store.workspaces import Workspace

EVERYTHING = Interest()
WEBHOOK_SECRET = f"whsec_{b64encode(bytes(range(24))).decode()}"

CONTENT: dict[Channel, Document] = {
    "email": {
        "subject": "Thanks, {{first_name}}",
        "body": {"type": "raw", "raw": {"html": "<b>{{first_name}}</b>", "text": "Hello {{first_name}}"}},
    },
    "androidpush": {"header": "Thanks", "body": "Hello {{first_name}} in {{$recipient.city}}"},
    "inbox": {"header": "Thanks", "body": "Hello {{first_name}}"},
}


@dataclass
class Recorder:
    """A vendor that takes everything, unless an address is told otherwise."""

    sent: list[tuple[str, OutgoingMessage]] = field(default_factory=list)
    answers: dict[str, Callable[[], Outcome]] = field(default_factory=dict)

    async def deliver(self, account: VendorAccount, message: OutgoingMessage) -> Outcome:
        await asyncio.sleep(0)
        self.sent.append((account.vendor, message))
        return self.answers.get(message.address, lambda: Accepted(f"v-{message.id}"))()


@dataclass
class Scene:
    """What the tests of actions do, in their own words."""

    pool: Pool
    vault: Vault
    workspace: Workspace
    recorder: Recorder = field(default_factory=Recorder)
    public_url: str = ""
    watch: HealthWatch = field(default_factory=HealthWatch)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def commit_template(
        self, slug: str = "purchase-made", content: dict[Channel, Document] | None = None
    ) -> None:
        chosen = CONTENT if content is None else content
        async with self.pool.acquire() as connection:
            await put_template(
                connection,
                self.workspace.id,
                slug,
                name=slug,
                description="",
                tags=[],
                enabled_channels=list(chosen),
                now=self.now(),
            )
            template = await find_template(connection, self.workspace.id, slug)
            assert template is not None
            variants = [Variant(channel, "default", None, "en", each) for channel, each in chosen.items()]
            await publish(connection, template, variants, "", self.now())

    async def add_vendor(
        self,
        vendor: str,
        channel: Channel,
        priority: int = 0,
        fallback_after: timedelta | None = None,
        rate_per_second: float | None = None,
    ) -> None:
        account = VendorAccount(
            0,
            0,
            channel,
            vendor,
            vendor,
            priority,
            0.0,
            {"secret": "s3cret"},
            fallback_after=fallback_after,
            rate_per_second=rate_per_second,
        )
        async with self.pool.acquire() as connection:
            await put_vendor(connection, self.vault, self.workspace.id, account)

    async def prepare(self) -> "Scene":
        await self.commit_template()
        await self.add_vendor("smtp", "email")
        await self.add_vendor("fcm", "androidpush")
        return self

    async def accept(self, *bodies: Document) -> Receipt | Invalid:
        triggers = tuple(read_trigger(msgspec.json.encode(each)) for each in bodies)
        (result,) = await accept(self.pool, [Submission(self.workspace.id, triggers, len(bodies) > 1)], self.now())
        return result

    async def jobs(self) -> list[Work]:
        rows = await self.pool.fetch("select entrypoint, payload from pgqueuer order by id")
        kinds: dict[str, type[Work]] = {"plan": Plan, "advance": Advance, "expand": Expand, "send": Send}
        kinds["announce"] = Announce
        return [msgspec.json.decode(row["payload"], type=kinds[row["entrypoint"].split(".")[0]]) for row in rows]

    async def fill_list(self, list_id: str, *distinct_ids: str) -> None:
        """Make a list, or add to one."""
        await save_list(self.pool, self.workspace.id, list_id, ListForm(list_id), self.now())
        await change_members(self.pool, self.workspace.id, list_id, "add", distinct_ids, self.now())

    async def broadcast(self, **changes: Any) -> str | None:
        """Accept a broadcast; the id of its request."""
        whole = {"list_id": "beta", "template": "purchase-made", "notification_category": "promotional"}
        read = read_broadcast(msgspec.json.encode(whole | {"data": {"first_name": "Ada"}} | changes))
        return await accept_broadcast(self.pool, self.workspace.id, read, self.now())

    async def expand_all(self) -> None:
        """Expand broadcasts until nothing is left to do for them."""
        done: set[Work] = set()
        while jobs := [each for each in await self.jobs() if isinstance(each, Expand) and each not in done]:
            for job in jobs:
                await expand(self.pool, job, self.now())
                done.add(job)

    async def plan_all(self) -> None:
        for job in await self.jobs():
            if isinstance(job, Plan):
                await plan(self.pool, job, self.now())

    async def send_all(self, attempt: int = 0) -> None:
        for job in await self.jobs():
            if isinstance(job, Send) and job.attempt == attempt:
                await send(self.sending(), job)

    async def go_through(self, *bodies: Document) -> list[dict[str, Any]]:
        """Accept, plan and send; the messages that this leads to."""
        await self.accept(*bodies)
        await self.plan_all()
        await self.send_all()
        return await self.messages()

    def sending(self, *, places: int = 8, policy: RetryPolicy | None = None) -> Sending:
        settling: GroupCommit[Result, bool] = GroupCommit(
            lambda results: settle(self.pool, results, self.now()), most_together=100, most_waiting=1000
        )
        return Sending(
            pool=self.pool,
            composer=Composer(self.pool, self.vault, LinkMaker(self.vault, self.public_url)),
            deliver=self.recorder.deliver,
            reports_to=lambda account: f"https://hub.example.com/{account.nickname}/",
            settle=settling.submit,
            policy=policy or RetryPolicy(),
            places=Places(places),
            watch=self.watch,
            stopping=asyncio.Event(),
            now=self.now,
            chance=lambda: 0.5,
        )

    async def add_webhook(
        self,
        url: str = "https://example.com/hooks",
        interest: Interest = EVERYTHING,
        rate: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        endpoint = Endpoint(url, "", interest, rate, WEBHOOK_SECRET, headers or {})
        async with self.pool.acquire() as connection:
            return await insert_endpoint(connection, self.vault, self.workspace.id, endpoint)

    async def webhooks(self) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch("select * from webhook_endpoint order by id")]

    async def deliveries(self) -> list[dict[str, Any]]:
        rows = await self.pool.fetch("select * from webhook_delivery order by created_at, id")
        return [dict(row) for row in rows]

    async def messages(self) -> list[dict[str, Any]]:
        rows = await self.pool.fetch("select * from message order by id")
        return [dict(row) for row in rows]


def trigger_body(**changes: Any) -> Document:
    whole: Document = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": "u1", "$email": ["ada@example.com"]}],
        "data": {"first_name": "Ada <3"},
    }
    return whole | changes
