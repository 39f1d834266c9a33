"""The team, and the log of what it changes."""

import re
from urllib.parse import quote

from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.hub import Hub
from suprsend_hub.store.database import Pool
from suprsend_hub.store.workspaces import Workspace

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser, name_of
from hub.tests.ui.test_pages import outline

TEAM = "/console/~/team"


async def test_somebody_is_added_with_a_password_that_is_shown_once(admin: Browser, pool: Pool) -> None:
    made = await admin.post(TEAM, {"name": "Ada@Example.com", "role": "editor"})
    found = re.search(r'<code class="large">([^<]+)</code>', made.text)
    assert found
    assert found[1] not in (await admin.get(TEAM)).text
    ada = Browser(admin.api)
    assert (await ada.sign_in("ada@example.com", found[1])).status_code == 303
    assert "editor" in (await ada.get("/console/~/account")).text
    logged = str(await pool.fetch("select * from audit_entry"))
    assert "added user" in logged
    assert found[1] not in logged


async def test_whoever_names_a_workspace_that_is_gone_is_led_back_to_the_workspaces(
    admin: Browser, scene: Scene
) -> None:
    refused = await admin.post(TEAM, {"name": "ada@example.com", "role": "editor", "workspace": "gone"})
    assert refused.status_code == 400
    assert re.search(r'value="demo" aria-invalid="true" aria-describedby="workspace-problem" autofocus', refused.text)


async def test_somebody_is_added_for_single_workspaces_and_their_roles_change(
    admin: Browser, pool: Pool, scene: Scene
) -> None:
    await create_workspace(scene.pool, scene.vault, "bakery")
    made = await admin.post(TEAM, {"name": "ada@example.com", "role": "editor", "workspace": "demo"})
    found = re.search(r'<code class="large">([^<]+)</code>', made.text)
    assert found
    ada = Browser(admin.api)
    await ada.sign_in("ada@example.com", found[1])
    assert (await ada.get("/console/demo")).status_code == 200
    assert (await ada.get("/console/bakery")).status_code == 404
    row = next(each for each in (await admin.get(TEAM)).text.split("<tr>") if "ada@example.com" in each)
    assert re.sub(r"<[^>]+>", "", row).count("editor in demo") == 1
    path = f"{TEAM}/ada@example.com"
    assert "<option selected>editor</option>" in (await admin.get(path)).text
    assert (
        await admin.post(f"{path}/role", {"role": "none", "in-demo": "none", "in-bakery": "viewer"})
    ).status_code == 303
    assert (await ada.get("/console/demo")).status_code == 404
    assert (await ada.get("/console/bakery")).status_code == 200
    assert (await admin.post(f"{path}/role", {"role": "viewer"})).status_code == 303
    assert (await ada.get("/console/demo")).status_code == 200
    noted = await pool.fetch(
        "select action, details::text as details from audit_entry where target = 'ada@example.com'"
    )
    assert [row["action"] for row in noted] == [
        "added user",
        "signed in",
        "changed role in workspace",
        "changed role in workspace",
        "changed role",
    ]
    assert '"workspaces":"demo"' in noted[0]["details"].replace(" ", "")


async def test_roles_and_workspaces_that_there_are_not_are_refused(admin: Browser, pool: Pool, scene: Scene) -> None:
    refused = await admin.post(TEAM, {"name": "ada@example.com", "role": "editor", "workspace": "nowhere"})
    assert (refused.status_code, "there is no workspace" in refused.text) == (400, True)
    assert await pool.fetchval("select count(*) from console_user where name = 'ada@example.com'") == 0
    for fields in ({"role": "owner"}, {"in-demo": "owner"}, {"in-nowhere": "viewer"}):
        await admin.post(f"{TEAM}/{name_of('viewer')}/role", fields)
        assert "said-bad" in (await admin.get(TEAM)).text
    assert (await admin.get(f"{TEAM}/nobody")).status_code == 404


async def test_whatever_somebody_is_called_is_shown_as_it_is(admin: Browser, workspace: Workspace) -> None:
    name = "<script>alert(1)<b>&'\"?#%"
    assert (await admin.post(TEAM, {"name": name, "role": "viewer", "workspace": "demo"})).status_code == 200
    for path in (TEAM, f"{TEAM}/{quote(name, safe='')}"):
        page = await admin.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text
        assert outline(page.text).faults == []
    assert (await admin.post(f"{TEAM}/{quote(name, safe='')}/role", {"in-demo": "editor"})).status_code == 303


async def test_a_name_that_can_not_be_is_refused_beside_its_field(admin: Browser) -> None:
    for name, problem in (("", "must have 1 to 64"), ("a b", "without spaces"), (name_of("viewer"), "already")):
        refused = await admin.post(TEAM, {"name": name, "role": "editor"})
        assert refused.status_code == 400
        assert problem in refused.text
        assert 'aria-describedby="name-problem"' in refused.text


async def test_a_new_password_ends_the_sessions_of_its_owner(admin: Browser) -> None:
    viewer = Browser(admin.api)
    await viewer.sign_in(name_of("viewer"))
    assert (await admin.post(f"{TEAM}/{name_of('viewer')}/password")).status_code == 200
    assert (await viewer.get("/console/~/account")).status_code == 303
    assert (await viewer.sign_in(name_of("viewer"))).status_code == 401


async def test_whoever_is_removed_is_out_at_once(admin: Browser) -> None:
    viewer = Browser(admin.api)
    await viewer.sign_in(name_of("viewer"))
    assert (await admin.post(f"{TEAM}/{name_of('viewer')}/remove")).status_code == 303
    assert "was removed" in (await admin.get(TEAM)).text
    assert (await viewer.get("/console/~/account")).status_code == 303
    assert (await viewer.sign_in(name_of("viewer"))).status_code == 401


async def test_the_only_admin_stays(admin: Browser) -> None:
    for path, fields in (("role", {"role": "viewer"}), ("remove", {})):
        await admin.post(f"{TEAM}/{name_of('admin')}/{path}", fields)
        assert "is the only admin" in (await admin.get(TEAM)).text
    assert (await admin.get(TEAM)).status_code == 200


async def test_the_audit_log_says_who_did_what_to_whom(admin: Browser, hub: Hub) -> None:
    await admin.post(f"{TEAM}/{name_of('viewer')}/role", {"role": "editor"})
    page = (await admin.get("/console/~/audit")).text
    row = next(part for part in page.split("<tr>") if "changed role" in part)
    for text in (name_of("admin"), name_of("viewer"), "viewer", "editor"):
        assert text in row


async def test_the_audit_log_tells_people_from_programs_and_the_command_line(admin: Browser, pool: Pool) -> None:
    told = {("person", "ada"): "ada", ("service token", "<b>"): '&lt;b&gt; <span class="faint">service token</span>'}
    told[("command line", "ops")] = 'ops <span class="faint">command line</span>'
    told[("command line", "command line")] = "command line"
    for (kind, name), cell in told.items():
        await pool.execute(
            "insert into audit_entry (user_kind, user_name, action, target) values ($1, $2, 'did', 'it')", kind, name
        )
        page = (await admin.get("/console/~/audit")).text
        assert f'<td class="wrap">{cell}</td>' in page
        assert (outline(page).faults, outline(page).open) == ([], [])


async def test_the_audit_log_leads_to_older_changes_and_back(admin: Browser, pool: Pool) -> None:
    await pool.execute(
        "insert into audit_entry (user_name, action, target) select 'u', 'did', 'n' || n from generate_series(1, 120) n"
    )
    first = (await admin.get("/console/~/audit")).text
    assert "<code>n120</code>" in first
    assert "Newer" in first
    second = await follow(admin, first, "next")
    assert "<code>n70</code>" in second
    third = await follow(admin, second, "next")
    assert "<code>n1</code>" in third
    assert 'rel="next"' not in third
    assert "<code>n70</code>" in await follow(admin, third, "prev")
    assert (await admin.get("/console/~/audit?after=x")).status_code == 400


async def follow(browser: Browser, page: str, rel: str) -> str:
    """The page to which a link of the pager leads."""
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    assert found
    return (await browser.get(f"/console/~/audit{found[1].replace('&amp;', '&')}")).text
