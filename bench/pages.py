"""`python -m bench.pages`: how long pages take with a million messages, and what they read from end to end."""

import argparse
import asyncio
import re
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import asyncpg
import urllib3
from suprsend_hub.actions.links import CentreTarget, LinkMaker, LinkTarget
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.store.sealing import Vault
from suprsend_hub.ui.access import ACCESS

from bench.installation import Installation
from bench.measuring import machine
from bench.page_plans import OPTIONS, explain_pages, shown_path
from e2e.running import a_folder
from hub.tests.store.history import fill
from hub.tests.store.scans import HOT

ROUNDS = 21
MOST_MILLISECONDS = 100
# What stands in the place of parameters: rows that there are.
NAMES = {
    "workspace": "shop",
    "request_id": "q7",
    "run_id": "r7",
    "message_id": "m7",
    "distinct_id": "p7",
    "object_type": "team",
    "object_id": "t7",
    "list_id": "list-7",
    "broadcast_id": "q8",
    "account_id": "1",
    "endpoint_id": "1",
    "name": "bench",
    "tenant_id": "t7",
    "slug": "purchase-made",
    "channel": "email",
    "variant_id": "default",
    "category": "c7",
    "workflow": "w7",
    "version_no": "1",
    "event": "w7",
    "schema": "s7",
}
SMTP = '{"host": "127.0.0.1", "port": 9, "from_address": "shop@example.com"}'
# Of a request that led to many runs, such as a broadcast.
LARGE = """
insert into run (id, workspace_id, request_id, position, distinct_id, exclusions, created_at)
    select 'rq' || n, $1, 'q8', n, 'p' || n, '[]', now() from generate_series(1, 5000) n;
insert into message (id, workspace_id, run_id, template_version_id, category, distinct_id, channel, provider, address,
        status, due_at, created_at, updated_at)
    select 'mq' || n || '-' || channel, $1, 'rq' || n, 1, 'system', 'p' || n, channel, '', 'a@example.com', 'delivered',
        now(), now(), now() from generate_series(1, 5000) n, unnest(array['email', 'sms', 'inbox']) channel;
update request set list_version_id = 8 where id = 'q8';
update broadcast set total = 5000, expanded = 5000 where request_id = 'q8';
insert into audit_entry (user_name, workspace_id, action, target)
    select 'ada', $1, 'changed user', 'user #' || n from generate_series(1, 100000) n
"""
MAIL = b'{"subject": "Hello", "body": {"type": "raw", "raw": {"html": "<p>Hello</p>"}}}'
BODY = (
    '{"name":"wf","template":"purchase-made","notification_category":"system","users":[{"distinct_id":"p7"}],"data":{}}'
)
# Where whoever is signed in is led on at once.
LEADING_ON = ("/console", "/console/~/sign-in")
# Which no page links to as it is.
WITH_QUESTIONS = (
    "/console/shop/requests?user=p7",
    "/console/shop/requests?key=k7",
    "/console/shop/requests?workflow=nothing",
    "/console/shop/requests?state=failed",
)
API = (
    "/v1/message/?limit=50",
    "/v1/message/?recipients=p7",
    "/v1/user/?limit=50",
    "/v1/user/p7/",
    "/v1/subscriber_list/?limit=50",
    "/v1/tenant/?limit=50",
    "/v1/feed/notifications?distinct_id=p7&tenant_id=default",
)


@dataclass(frozen=True, slots=True)
class Timing:
    """What asking for one page came to."""

    path: str
    status: int
    milliseconds: list[float]
    scanned: list[str]

    @property
    def is_shown(self) -> bool:
        """Whether it was what it should be."""
        return self.status == (303 if self.path in LEADING_ON else 200)

    @property
    def is_fast(self) -> bool:
        """Whether it keeps to the budget."""
        return median(self.milliseconds) <= MOST_MILLISECONDS

    def __str__(self) -> str:
        slow = quantiles(self.milliseconds, n=20)[-1]
        verdict = "met" if self.is_fast else "NOT MET"
        scans = f"; reads {', '.join(self.scanned)} from end to end" if self.scanned else ""
        took = f"{median(self.milliseconds):7.1f} ms ({slow:.1f})"
        return f"{took}  {self.status}  {shown_path(self.path)}  {verdict}{scans}"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks for everything: with the cookie of an admin for pages, and with a key for lists of the API."""

    base_url: str
    http: urllib3.PoolManager
    headers: Mapping[str, Mapping[str, str]]

    def ask(self, path: str) -> int:
        """Ask once; the status of the answer."""
        url, headers = self.base_url + path, dict(self.headers[path])
        return self.http.request("GET", url, headers=headers, redirect=False).status


def visit(hub: Installation) -> Visitor:
    """Each page and each list, with what opens it."""
    http = urllib3.PoolManager()
    headers = sign_in(hub, http)
    api = {"Authorization": f"Bearer {hub.access.api_key}"}
    asked = {
        **dict.fromkeys((*pages(), *WITH_QUESTIONS), headers),
        **{path: {} for path in public_pages(hub)},
        **dict.fromkeys(API, api),
    }
    return Visitor(hub.access.base_url, http, asked)


def public_pages(hub: Installation) -> Iterable[str]:
    """The pages that a link in a mail leads to: what somebody wants to get, and to get it no more."""
    links = LinkMaker(Vault(hub.deployment.environment["HUB_MASTER_KEY"]), hub.access.base_url)
    for each in (links.preferences(CentreTarget(1, "default", "p7")), links.unsubscribe(LinkTarget(1, "m7"))):
        yield each.removeprefix(hub.access.base_url)


def pages() -> Iterable[str]:
    """The paths of pages whose parameters are known, with names in their place."""
    for method, path in ACCESS:
        named = re.sub(r"\{(\w+)\}", lambda found: NAMES.get(found[1], found[0]), path)
        # The outbox is that of development mode, and a static file is no page.
        if method == "GET" and "{" not in named and not named.startswith(("/console/~/outbox", "/console/~/static")):
            yield named


def sign_in(hub: Installation, http: urllib3.PoolManager) -> dict[str, str]:
    """What an admin's browser sends."""
    base = hub.access.base_url
    password = hub.deployment.run("team", "add", "bench", "--role", "admin").split()[1]
    form = urlencode({"name": "bench", "password": password})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": base}
    answer = http.request("POST", f"{base}/console/~/sign-in", body=form, headers=headers, redirect=False)
    assert answer.status == 303, answer.data
    return {"Cookie": "; ".join(each.partition(";")[0] for each in answer.headers.getlist("set-cookie"))}


def time_page(visitor: Visitor, database_url: str, path: str) -> Timing:
    """Ask for a page again and again."""
    before = asyncio.run(count_scans(database_url))
    taken: list[float] = []
    status = 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        status = visitor.ask(path)
        taken.append((time.perf_counter() - began) * 1000)
    # Each connection hands in its counts once it has been idle for a second.
    time.sleep(1.5)
    after = asyncio.run(count_scans(database_url))
    # The first one pays for what is read from disk and for plans.
    return Timing(path, status, taken[1:], [table for table in HOT if after[table] - before[table] >= ROUNDS])


async def count_scans(url: str) -> dict[str, int]:
    """How often each table was read from end to end."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select relname, seq_scan from pg_stat_user_tables where relname = any($1)", HOT)
    await connection.close()
    return {row["relname"]: row["seq_scan"] for row in rows}


async def add_history(url: str, rows: int) -> None:
    """So many rows in each table of the workspace."""
    connection = await asyncpg.connect(url)
    workspace_id = await connection.fetchval("select id from workspace where name = 'shop'")
    for statement in [*fill(rows).split(";"), *LARGE.split(";")]:
        await connection.execute(statement.replace("$1", str(workspace_id)))
    # A request that can be explained, and a mail that can be shown.
    await connection.execute("update request set body = $1 where id = 'q7'", BODY)
    await connection.execute("update message_content set content = $1 where message_id = 'm7'", zlib.compress(MAIL))
    await connection.execute("vacuum analyze")
    await connection.close()


def main() -> None:
    """Fill a database, and time every page."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=500_000, help="requests, runs, people …; messages are twice as many"
    )
    parser.add_argument("--plans", type=Path, help="write down in this file by which indexes each page reads")
    given = parser.parse_args()
    rows = given.rows
    with a_folder() as folder, asyncio.Runner() as runner:
        server = EmbeddedDatabase(folder, OPTIONS)
        url = runner.run(server.__aenter__())
        try:
            with Installation(url, folder, {"HUB_PRIVATE_URLS": "true"}) as hub:
                hub.deployment.run("vendor", "add", "smtp", "-w", "shop", "--settings", "-", text=SMTP)
                hub.deployment.run("webhook", "add", "http://127.0.0.1:9/", "-w", "shop")
                asyncio.run(add_history(hub.url, rows))
                print(
                    f"{machine(('suprsend-hub', 'asyncpg'))}; {2 * rows:,} messages; median of {ROUNDS - 1} (19 of 20)"
                )
                visitor = visit(hub)
                timings = shown(time_page(visitor, hub.url, path) for path in visitor.headers)
                slow = [each for each in timings if not each.is_fast or not each.is_shown]
                if given.plans:
                    given.plans.write_text(explain_pages(hub.url, folder, [*visitor.headers], visitor.ask))
        finally:
            runner.run(server.__aexit__(None, None, None))
    raise SystemExit(1 if slow else 0)


def shown(timings: Iterable[Timing]) -> Iterator[Timing]:
    """Print each as it comes."""
    for each in timings:
        print(each, flush=True)
        yield each


if __name__ == "__main__":
    main()
