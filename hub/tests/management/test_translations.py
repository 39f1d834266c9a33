"""Files of texts over the management API (wire.md 6)."""

import pytest

from hub.tests.api.conftest import assert_refused
from hub.tests.management.conftest import Manager

TEXTS = {"hello": "Hello {{name}}", "cart": {"empty": "Nothing yet"}}


async def put(manager: Manager, filename: str = "en.json", **texts: object) -> None:
    """A file in the draft."""
    await manager.done("POST", f"translation/content/{filename}/", {"content": texts or TEXTS})


async def list_files(manager: Manager, mode: str) -> dict[str, tuple[object, object, object]]:
    """What is known of each file."""
    listed = (await manager.done("GET", f"translation/?mode={mode}&include_version_info=true"))["results"]
    return {each["filename"]: (each["version_no"], each["version_status"], each["action"]) for each in listed}


async def test_all_files_go_live_by_one_commit(manager: Manager) -> None:
    await put(manager)
    await put(manager, "auth.es-MX.json")
    assert await list_files(manager, "live") == {}
    assert (await manager.done("PATCH", "translation/commit/?commit_message=first"))["changed"] == 2
    live = await manager.done("GET", "translation/?mode=live&include_content=true")
    assert [(each["filename"], each["locale"], each["content"]) for each in live["results"]] == [
        ("auth.es-MX.json", "es_MX", TEXTS),
        ("en.json", "en", TEXTS),
    ]
    assert {each["commit_message"] for each in live["results"]} == {"first"}


async def test_a_commit_touches_only_what_changed(manager: Manager) -> None:
    await put(manager)
    await put(manager, "es.json")
    await manager.done("PATCH", "translation/commit/")
    await put(manager, hello="Hi")
    await put(manager, "fr.json")
    assert await list_files(manager, "draft") == {
        "en.json": (1, "draft", "changed"),
        "es.json": (1, "live", "unchanged"),
        "fr.json": (None, "draft", "added"),
    }
    assert (await manager.done("GET", "translation/content/en.json/?mode=live"))["content"] == TEXTS
    assert (await manager.done("PATCH", "translation/commit/"))["changed"] == 2
    assert (await list_files(manager, "live"))["en.json"] == (2, "live", "unchanged")
    assert (await manager.done("PATCH", "translation/commit/"))["changed"] == 0


async def test_a_deleted_file_stays_live_until_the_commit(manager: Manager) -> None:
    await put(manager)
    await manager.done("PATCH", "translation/commit/")
    assert (await manager.call("DELETE", "translation/content/en.json/")).status_code == 204
    assert_refused(await manager.call("DELETE", "translation/content/en.json/"), 404, "en.json")
    assert await list_files(manager, "draft") == {}
    assert (await manager.done("GET", "translation/content/en.json/?mode=live"))["action"] == "deleted"
    await manager.done("PATCH", "translation/commit/")
    assert await list_files(manager, "live") == {}
    assert_refused(await manager.call("GET", "translation/content/en.json/?mode=live"), 404, "en.json")


async def test_files_come_ten_at_a_time(manager: Manager) -> None:
    for number in range(12):
        await put(manager, f"part{number:02}.en.json")
    first = await manager.done("GET", "translation/?mode=draft")
    assert first["meta"] == {"count": 12, "limit": 10, "offset": 0}
    assert "content" not in first["results"][0]
    assert len((await manager.done("GET", "translation/?mode=draft&offset=10"))["results"]) == 2


@pytest.mark.parametrize(
    ("filename", "content", "words"),
    [
        ("english.json", {}, ["filename"]),
        ("en.txt", {}, ["filename"]),
        ("a.b.en.json", {}, ["filename"]),
        ("en.json", [], ["content"]),
        ("en.json", {"a": {"b": 7}}, ["content.a.b", "must be a text"]),
        ("en.json", {"a": None}, ["content.a"]),
        ("en.json", {"a": "\u0000"}, ["content.a", "NUL"]),
    ],
)
async def test_what_is_no_file_of_texts_is_refused(
    manager: Manager, filename: str, content: object, words: list[str]
) -> None:
    reply = await manager.call("POST", f"translation/content/{filename}/", {"content": content})
    assert_refused(reply, 400, *words)
    assert await list_files(manager, "draft") == {}
