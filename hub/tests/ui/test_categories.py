"""Categories in the console: the tree, its draft as JSON, and its commit."""

from html import unescape
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.document import Document

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

CATEGORIES = "/console/demo/categories"


def tree(**changes: Any) -> Document:
    """A tree with one category."""
    category = {"category": "newsletter", "name": "Newsletter"} | changes
    section = {"name": "Offers", "categories": [category]}
    return {"root_categories": [{"root_category": "promotional", "sections": [section]}]}


async def save(browser: Browser, document: object) -> tuple[int, str]:
    """The answer to the form of the draft with this tree."""
    page = (await browser.get(f"{CATEGORIES}/edit")).text
    made_from = page.split('name="made_from" value="')[1].split('"')[0]
    text = document if isinstance(document, str) else msgspec.json.encode(document).decode()
    answer = await browser.post(CATEGORIES, {"tree": text, "made_from": unescape(made_from)})
    return answer.status_code, answer.text


def seen_of(page: str) -> str:
    """The mark of the draft that a page shows."""
    return page.split('name="seen" value="')[1].split('"')[0]


async def test_a_draft_counts_once_it_is_committed(admin: Browser, scene: Scene) -> None:
    assert (await save(admin, tree()))[0] == 303
    seen = seen_of((await admin.get(CATEGORIES)).text)
    assert (await save(admin, tree(name="The newsletter")))[0] == 303
    await admin.post(f"{CATEGORIES}/commit", {"message": "too early", "seen": seen})
    page = (await admin.get(CATEGORIES)).text
    assert "meanwhile: nothing went live" in page
    assert "The newsletter" in page
    assert "not committed yet" in page
    assert "newsletter" not in (await admin.get(f"{CATEGORIES}?side=live")).text
    assert (await admin.post(f"{CATEGORIES}/commit", {"message": "first", "seen": seen_of(page)})).status_code == 303
    page = (await admin.get(f"{CATEGORIES}?side=live")).text
    assert "The newsletter" in page
    assert "first" in page
    assert "Commit the draft" not in page
    rows = await scene.pool.fetch(
        "select action from audit_entry where user_kind = 'person' and workspace_id is not null order by id"
    )
    assert [row["action"] for row in rows] == [*["changed draft of categories"] * 2, "committed categories"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "is not valid JSON"),
        (tree(category="a b"), "root_categories[0].sections[0].categories[0].category"),
        (tree(default_preference="maybe"), "root_categories[0].sections[0].categories[0].default_preference"),
        (tree(default_mandatory_channels=["email"]), "default_mandatory_channels need the default_preference"),
    ],
)
async def test_what_is_wrong_in_a_tree_is_named_and_what_was_typed_is_kept(
    admin: Browser, scene: Scene, document: object, said: str
) -> None:
    status, page = await save(admin, document)
    assert status == 400
    assert said in page
    assert 'aria-describedby="tree-problem"' in page
    assert await scene.pool.fetchval("select count(*) from category_tree") == 0


async def test_a_draft_that_somebody_else_changed_is_not_overwritten(admin: Browser, scene: Scene) -> None:
    await save(admin, tree())
    late = await admin.post(CATEGORIES, {"tree": msgspec.json.encode(tree()).decode(), "made_from": "another"})
    assert late.status_code == 409
    assert "somebody has changed since" in late.text


async def test_the_draft_is_edited_as_it_was_written(admin: Browser, scene: Scene) -> None:
    await save(admin, tree(name=XSS, description=XSS, tags=[XSS]))
    for path in (CATEGORIES, f"{CATEGORIES}/edit"):
        page = (await admin.get(path)).text
        assert XSS not in page
        assert outline(page).faults == []
    text = unescape((await admin.get(f"{CATEGORIES}/edit")).text.split("<textarea")[1].split(">", 1)[1].split("</")[0])
    assert "null" not in text
    assert (await save(admin, text))[0] == 303
