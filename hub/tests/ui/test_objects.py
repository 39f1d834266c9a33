"""Objects in the console: by type, and with who subscribes to them."""

from urllib.parse import quote

from suprsend_hub.actions.subscribe import subscribe
from suprsend_hub.domain.details import Details, Member
from suprsend_hub.domain.profile import ProfileKey

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

OBJECTS = "/console/demo/objects"


async def follow(scene: Scene, parent: ProfileKey, *members: ProfileKey) -> None:
    """Let these subscribe to an object."""
    nothing = Details((), {})
    told = [Member(each, nothing) for each in members]
    await subscribe(scene.pool, scene.workspace.id, Member(parent, nothing), told, {"role": "lead"}, scene.now())


async def test_objects_are_listed_by_type(admin: Browser, scene: Scene) -> None:
    assert "No objects yet" in (await admin.get(OBJECTS)).text
    for key in (ProfileKey("red", "team"), ProfileKey("t1", "thread")):
        await follow(scene, key, ProfileKey("ada"))
    page = (await admin.get(OBJECTS)).text
    assert ">red<" in page
    assert ">thread<" in page
    assert ">t1<" not in page
    assert ">t1<" in (await admin.get(f"{OBJECTS}?type=thread")).text
    assert "No objects of this type" in (await admin.get(f"{OBJECTS}?type=nothing")).text


async def test_an_object_names_its_subscribers_a_page_at_a_time(admin: Browser, scene: Scene) -> None:
    members = [ProfileKey(f"u{number}") for number in range(60)]
    await follow(scene, ProfileKey("red", "team"), ProfileKey("blue", "team"), *members)
    page = (await admin.get(f"{OBJECTS}/team/red")).text
    assert page.count("&#34;role&#34;") == 50
    assert 'rel="next"' in page
    assert "red" in (await admin.get("/console/demo/users/u1/subscriptions")).text
    assert (await admin.get(f"{OBJECTS}/team/none")).status_code == 404


async def test_objects_whose_names_are_markup_stay_names(admin: Browser, scene: Scene) -> None:
    await follow(scene, ProfileKey(XSS, f"a/{XSS}"), ProfileKey(XSS))
    path = f"{OBJECTS}/{quote(f'a/{XSS}', safe='')}/{quote(XSS, safe='')}"
    for page in (await admin.get(OBJECTS), await admin.get(path)):
        assert page.status_code == 200
        assert XSS not in page.text
        assert outline(page.text).faults == []
