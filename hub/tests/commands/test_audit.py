"""Whatever is changed at the command line is in the audit log, with who changed it."""

import asyncio
import json
import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import suprsend_hub
import typer
from suprsend_hub.actions.create_workspace import NewWorkspace
from suprsend_hub.cli import app
from suprsend_hub.config import Settings
from suprsend_hub.domain.suppression import SuppressedAddress
from suprsend_hub.domain.webhook import Endpoint
from suprsend_hub.store.database import Pool
from suprsend_hub.store.suppressions import NewSuppression, put_suppressions
from suprsend_hub.store.webhooks import insert_endpoint
from typer.core import TyperGroup
from typer.testing import CliRunner, Result

from hub.tests.actions.scene import EVERYTHING, WEBHOOK_SECRET, Scene, trigger_body
from hub.tests.api.conftest import scene
from hub.tests.conftest import Api

__all__ = ["scene"]

TEMPLATES = Path(suprsend_hub.__file__).with_name("example_templates")
ADA = {"distinct_id": "ada", "$email": ["ada@example.com"], "$channels": ["email"]}
SMTP = " ".join(f"--set {each}" for each in ("host=127.0.0.1", "port=1", "security=none", "from_address=a@example.com"))

# Commands that change nothing of what anybody set up, and those that run the hub.
READING = {
    *("check", "why", "dev", "api", "worker", "migrate", "master-key", "workspace list", "key list", "public-key list"),
    *("signing-key list", "service-token list", "vendor list", "vendor health", "vendor callback", "suppression list"),
    *("webhook list", "webhook deliveries", "broadcast list", "broadcast show", "template pull", "template list"),
    *("category show", "team list"),
}

# What each other command is called with, one after another, and what the log then says.
CHANGING = (
    ("requeue", "--all", ["put jobs back"]),
    ("message resend", "{message}", ["sent message again"]),
    ("broadcast cancel", "{broadcast} -w demo", ["cancelled broadcast"]),
    ("workspace create", "bakery", ["made workspace", "made service token"]),
    ("workspace tracking", "demo --no-opens", ["changed tracking"]),
    ("workspace rotate", "demo", ["rotated workspace secret"]),
    ("workspace limit", "demo --rate 500", ["limited workspace key"]),
    ("workspace inbox-secret", "demo", ["made inbox secret"]),
    ("key create", "second -w demo", ["made API key"]),
    ("key limit", "{api_key} -w demo --rate 5", ["limited API key"]),
    ("key delete", "{api_key} -w demo", ["ended API key"]),
    ("public-key create", "second -w demo", ["made public key"]),
    ("public-key secure", "{public_key} -w demo", ["demanded user tokens"]),
    ("public-key limit", "{public_key} -w demo --rate 5", ["limited public key"]),
    ("public-key rotate", "{public_key} -w demo", ["renewed public key"]),
    ("public-key delete", "{public_key} -w demo", ["ended public key"]),
    ("signing-key create", "-w demo", ["made signing key"]),
    ("signing-key roll", "-w demo", ["rolled signing keys"]),
    ("service-token create", "deploy", ["made service token"]),
    ("service-token delete", "{service_token}", ["ended service token"]),
    ("suppression lift", "ada@example.com -w demo", ["lifted suppression"]),
    ("user export", "ada -w demo", ["exported user"]),
    ("user erase", "ada -w demo --yes", ["erased user"]),
    ("vendor add", f"smtp -w demo --nickname mail {SMTP}", ["added vendor"]),
    ("vendor add", f"smtp -w demo --nickname mail {SMTP} --priority 5", ["changed vendor"]),
    ("vendor disable", "mail -w demo", ["disabled vendor"]),
    ("vendor enable", "mail -w demo", ["enabled vendor"]),
    ("vendor test", "mail ada@example.com -w demo", ["sent a test"]),
    ("vendor remove", "mail -w demo", ["removed vendor"]),
    ("webhook add", "http://127.0.0.1:1/told?token=s3cret -w demo", ["added webhook"]),
    ("webhook rotate", "{webhook} -w demo", ["rotated webhook secret"]),
    ("webhook enable", "{webhook} -w demo", ["enabled webhook"]),
    ("webhook test", "{webhook} -w demo", ["sent a test webhook"]),
    ("webhook replay", "--failed -w demo --webhook {webhook}", ["replayed failed deliveries"]),
    ("webhook replay", "{delivery} -w demo", ["replayed delivery"]),
    ("webhook remove", "{webhook} -w demo", ["removed webhook"]),
    ("category push", "{tree} -w demo", ["changed draft of categories", "committed categories"]),
    ("team add", "ada@example.com --role editor", ["added user"]),
    ("team role", "ada@example.com viewer -w demo", ["changed role in workspace"]),
    ("team password", "ada@example.com", ["reset password"]),
    ("team remove", "ada@example.com", ["removed user"]),
)

FACTS = {
    "message": "select min(id) from message",
    "broadcast": "select max(id) from request",
    "api_key": "select max(id) from api_key",
    "public_key": "select max(id) from public_key",
    "service_token": "select max(id) from service_token",
    "webhook": "select max(id) from webhook_endpoint",
    "delivery": "select max(id) from webhook_delivery",
}


def leaves(command: object, name: str = "") -> Iterator[str]:
    """What every command below one is called."""
    if not isinstance(command, TyperGroup):
        yield name.strip()
        return
    for word, each in command.commands.items():
        yield from leaves(each, f"{name} {word}")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """What tells commands where the test's hub is."""
    monkeypatch.setenv("HUB_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_MASTER_KEY", settings.master_key)
    monkeypatch.setenv("HUB_PRIVATE_URLS", "true")


@pytest.fixture
async def history(scene: Scene, tmp_path: Path) -> Path:
    """A workspace in which there is something to change with every command; a file with its categories."""
    endpoint = Endpoint("https://shop.example.com/hook", "", EVERYTHING, None, WEBHOOK_SECRET, {})
    async with scene.pool.acquire() as connection:
        await insert_endpoint(connection, scene.vault, scene.workspace.id, endpoint)
    await scene.go_through(trigger_body(users=[ADA]))
    await scene.fill_list("beta", "ada")
    assert await scene.broadcast(delay="1h")
    await scene.pool.execute("update workspace set inbox_secret = null")
    async with scene.pool.acquire() as connection:
        suppressed = NewSuppression(SuppressedAddress("email", "", "ada@example.com"), "hard_bounce", "", "m1", None)
        await put_suppressions(connection, scene.workspace.id, [suppressed], datetime.now(UTC))
    tree = tmp_path / "tree.json"
    tree.write_text(json.dumps({"root_categories": [{"root_category": "system", "sections": []}]}))
    return tree


async def call(*words: str) -> Result:
    """Run a command to its end; it has an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, words)


async def noted_since(pool: Pool, before: int) -> list[tuple[str, ...]]:
    """Entries after a number: what was done, by what kind of actor and by whom."""
    rows = await pool.fetch(
        "select action, user_kind, user_name from audit_entry where id > $1 order by id",
        before,
    )
    return [tuple(row) for row in rows]


def test_every_command_either_reads_or_is_known_to_change_something() -> None:
    assert set(leaves(typer.main.get_command(app))) == READING | {"template push"} | {name for name, *_ in CHANGING}


@pytest.mark.usefixtures("environment")
async def test_every_command_that_changes_something_is_noted_with_who_gave_it(pool: Pool, history: Path) -> None:
    whoever = ("command line", pwd.getpwuid(os.getuid()).pw_name)
    for name, arguments, actions in CHANGING:
        await pool.execute("update pgqueuer set status = 'failed' where $1 = 'requeue'", name)
        found = {fact: await pool.fetchval(query) for fact, query in FACTS.items()}
        before = await pool.fetchval("select coalesce(max(id), 0) from audit_entry")
        result = await call(*name.split(), *arguments.format(**found, tree=history).split())
        assert await noted_since(pool, before) == [(each, *whoever) for each in actions], (name, result.output)
    assert "s3cret" not in str([dict(row) for row in await pool.fetch("select * from audit_entry")])
    lifted = await pool.fetchrow("select * from audit_entry where action = 'lifted suppression'")
    assert "ada@" not in str(lifted)


@pytest.mark.usefixtures("environment")
async def test_what_a_command_could_not_do_is_not_noted(pool: Pool, made: NewWorkspace) -> None:
    before = await pool.fetchval("select max(id) from audit_entry")
    for words in (
        "key delete 999 -w demo",
        "vendor remove x -w demo",
        "requeue --all",
        "webhook remove 9 -w demo",
    ):
        await call(*words.split())
    assert await noted_since(pool, before) == []


async def test_pushed_templates_are_noted_with_the_service_token(api: Api, pool: Pool, made: NewWorkspace) -> None:
    before = await pool.fetchval("select max(id) from audit_entry")
    where = ("-w", "demo", "--base-url", api.base_url, "--service-token", made.service_token)
    assert (await call("template", "push", str(TEMPLATES), *where)).exit_code == 0
    noted = await noted_since(pool, before)
    assert {each[1:] for each in noted} == {("service token", "made with workspace demo")}
    actions = [each[0] for each in noted]
    assert actions[0] == "added template"
    assert {"added variant", "changed sample data"} <= set(actions)
    assert actions[-1] == "committed template"
