"""The management API of templates: what is kept, what goes live, and what is refused (wire.md 6)."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace

from hub.tests.api.conftest import assert_refused
from hub.tests.conftest import Api, Reply

EMAIL = {"subject": "Hi {{name}}", "body": {"type": "raw", "raw": {"html": "<p>{{name}}</p>", "text": "{{name}}"}}}
INBOX = {"header": "Hi", "body": "Hello {{name}}"}


@dataclass(frozen=True, slots=True)
class Studio:
    """Somebody who edits templates."""

    api: Api
    headers: dict[str, str]

    async def call(self, method: str, path: str, document: object = None) -> Reply:
        """A call below the workspace's templates."""
        return await self.api.request(method, f"/v2/demo/template/{path}", json=document, headers=self.headers)

    async def read(self, path: str) -> Any:
        """The JSON at a path."""
        reply = await self.call("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def write(self, slug: str = "welcome", **contents: object) -> None:
        """A template with these channels, not yet committed."""
        assert (await self.call("POST", f"{slug}/", {"name": slug.title()})).status_code in (200, 201)
        for channel, content in contents.items():
            path = f"{slug}/channel/{channel}/variant/default/"
            assert (await self.call("POST", path, {"content": content})).status_code in (200, 201)

    async def commit(self, slug: str = "welcome") -> Any:
        """Make the draft live."""
        reply = await self.call("PATCH", f"{slug}/commit/")
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.fixture
def studio(api: Api, made: NewWorkspace, service_headers: dict[str, str]) -> Studio:
    """Somebody with a service token."""
    return Studio(api, service_headers)


async def test_a_draft_becomes_live_by_a_commit(studio: Studio) -> None:
    await studio.write(email=EMAIL, inbox=INBOX)
    assert (await studio.read("welcome/"))["status"] == "draft"
    assert_refused(await studio.call("GET", "welcome/?mode=live"), 404, "welcome")
    committed = await studio.commit()
    assert (committed["status"], committed["version_no"]) == ("active", 1)
    assert (await studio.read("welcome/channel/email/variant/default/?mode=live"))["content"] == EMAIL
    assert [each["slug"] for each in (await studio.read("?mode=live"))["results"]] == ["welcome"]


async def test_an_edit_is_not_live_until_it_is_committed(studio: Studio) -> None:
    await studio.write(inbox=INBOX)
    await studio.commit()
    await studio.write(inbox=INBOX | {"body": "New"})
    path = "welcome/channel/inbox/variant/default/"
    assert (await studio.read(f"{path}?mode=live"))["content"]["body"] == INBOX["body"]
    assert (await studio.read(path))["content"]["body"] == "New"
    assert (await studio.commit())["version_no"] == 2
    assert (await studio.read(f"{path}?mode=live"))["content"]["body"] == "New"


async def test_committing_twice_is_committing_once_also_at_the_same_time(studio: Studio) -> None:
    await studio.write(inbox=INBOX)
    committed = await asyncio.gather(*(studio.commit() for _ in range(5)))
    assert {each["version_no"] for each in committed} == {1}


async def test_many_editors_at_once_lose_nothing(studio: Studio) -> None:
    await studio.write()
    replies = await asyncio.gather(
        *(studio.call("POST", f"welcome/channel/inbox/variant/v{n}/", {"content": INBOX}) for n in range(10))
    )
    assert {reply.status_code for reply in replies} <= {200, 201}
    assert len((await studio.read("welcome/variant/"))["results"]) == 10


async def test_a_template_that_workflows_send_is_not_deleted_and_the_reply_names_them(studio: Studio) -> None:
    await studio.write(inbox=INBOX)
    await studio.commit()
    nodes = [{"node_type": "send_inbox", "properties": {"template": "welcome"}}]
    workflow = {"name": "Hi", "category": "system", "trigger_type": "api", "tree": {"nodes": nodes}}
    for slug in ("first-steps", "sign-up"):
        path = f"/v1/demo/workflow/{slug}/?commit=true"
        assert (await studio.api.request("POST", path, json=workflow, headers=studio.headers)).status_code == 200
    assert_refused(await studio.call("DELETE", "welcome/"), 409, "is sent by the workflows first-steps, sign-up")
    assert (await studio.read("welcome/?mode=live"))["status"] == "active"
    for slug in ("first-steps", "sign-up"):
        await studio.api.request("DELETE", f"/v1/demo/workflow/{slug}/", headers=studio.headers)
    assert (await studio.call("DELETE", "welcome/")).status_code == 204
    assert_refused(await studio.call("DELETE", "welcome/"), 404, "welcome")


async def test_a_deleted_template_is_gone_and_its_slug_is_free(studio: Studio) -> None:
    await studio.write(inbox=INBOX)
    await studio.commit()
    assert (await studio.call("DELETE", "welcome/")).status_code == 204
    assert_refused(await studio.call("GET", "welcome/"), 404)
    assert (await studio.read(""))["results"] == []
    await studio.write(inbox=INBOX)
    assert (await studio.commit())["status"] == "active"


@pytest.mark.parametrize(
    ("channel", "content", "words"),
    [
        ("email", {}, ["content", "subject"]),
        ("email", EMAIL | {"subject": ""}, ["content.subject"]),
        ("email", EMAIL | {"body": {"type": "raw"}}, ["content.body.raw.html", "body.type is raw"]),
        ("email", EMAIL | {"subject": "{{#if}"}, ["content.subject"]),
        ("email", EMAIL | {"subject": "{{shout name}}"}, ["content.subject", "shout"]),
        ("androidpush", {"header": "x", "body": "y", "buttons": [{"text": "a"}]}, ["content.buttons[0]", "url"]),
        ("androidpush", {"header": 7, "body": "y"}, ["content.header"]),
        ("inbox", {"header": "x"}, ["content", "body"]),
        ("inbox", "text", ["content"]),
        ("inbox", {"body": "\u0000"}, ["content.body", "NUL"]),
        ("pigeon", INBOX, ["channel", "pigeon"]),
    ],
)
async def test_wrong_content_is_named_and_not_kept(
    studio: Studio, channel: str, content: object, words: list[str]
) -> None:
    await studio.write()
    reply = await studio.call("POST", f"welcome/channel/{channel}/variant/default/", {"content": content})
    assert_refused(reply, 400, *words)
    assert (await studio.read("welcome/variant/"))["results"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing/", 404),
        ("PATCH", "nothing/commit/", 404),
        ("POST", "nothing/channel/inbox/variant/default/", 404),
        ("POST", "Bad%20Slug/", 400),
        ("POST", "x%2F..%2Fy/", 400),
        ("GET", "?limit=0", 400),
        ("GET", "?mode=dead", 400),
        ("PUT", "welcome/", 405),
    ],
)
async def test_what_is_not_there_or_not_right_is_said(studio: Studio, method: str, path: str, status: int) -> None:
    document = {"content": INBOX} if method == "POST" else None
    assert_refused(await studio.call(method, path, document), status)


async def test_an_empty_template_is_not_committed(studio: Studio) -> None:
    await studio.write()
    assert_refused(await studio.call("PATCH", "welcome/commit/"), 400, "welcome")


@pytest.mark.parametrize(
    "authorization", ["", "ServiceToken", "ServiceToken wrong", "Bearer {service}", "ServiceToken {api}"]
)
async def test_only_a_service_token_opens(studio: Studio, made: NewWorkspace, authorization: str) -> None:
    headers = {"Authorization": authorization.format(service=made.service_token, api=made.api_key)}
    assert_refused(await studio.api.request("GET", "/v2/demo/template/", headers=headers), 401, "ServiceToken")


async def test_an_unknown_workspace_is_named(studio: Studio) -> None:
    reply = await studio.api.request("GET", "/v2/bakery/template/", headers=studio.headers)
    assert_refused(reply, 404, "bakery")
