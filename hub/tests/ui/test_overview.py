"""The overview says what was sent, by whom, what waits, and who fails."""

import re
from datetime import UTC, datetime, timedelta

from suprsend_hub.actions.count_activity import add_up
from suprsend_hub.domain.activity import Counted, Kind
from suprsend_hub.store.activity import append_activity
from suprsend_hub.store.database import Pool
from suprsend_hub.ui.charts import Point, draw_bars, nice_ceiling

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import Browser

PAGE = "/console/demo"


async def test_an_empty_workspace_says_what_to_do(admin: Browser) -> None:
    page = (await admin.get(PAGE)).text
    assert "Trigger a workflow from your app" in page
    assert "No vendor account yet" in page
    assert '<svg viewBox="0 0 640' not in page


async def test_what_was_sent_is_shown_as_figures_as_picture_and_as_table(admin: Browser, scene: Scene) -> None:
    await scene.go_through(trigger_body())
    await add_up(scene.pool)
    for since in ("1h", "24h", "7d", "30d"):
        page = (await admin.get(f"{PAGE}?since={since}")).text
        assert "<dt>Messages sent</dt><dd>2</dd>" in page
        assert "<dt>Success</dt><dd>100 %</dd>" in page
        assert re.search(r'role="img" aria-labelledby="messages-title messages-desc"', page)
        assert "2 sent, 0 failed in all" in page
        assert re.search(r"UTC: 2 sent, 0 failed</title>", page)
        assert 'aria-label="Messages: numbers"' in page
        assert re.search(r'<th scope="row"><a [^>]+>email</a></th><td class="number">1</td>', page)
        assert re.search(r'<th scope="row"><a [^>]+>smtp</a></th><td class="number">1</td>', page)
    assert (await admin.get(f"{PAGE}?since=1y")).status_code == 400


async def test_what_was_heard_of_messages_and_what_was_not_sent_stand_beside_them(admin: Browser, scene: Scene) -> None:
    async with scene.pool.acquire() as connection:
        kinds: dict[Kind, int] = {"sent": 90, "failed": 10, "returned": 5, "delivered": 80, "seen": 40, "clicked": 7}
        kinds["left_out"] = 3
        told = [Counted(kind, count, "email", "smtp") for kind, count in kinds.items()]
        await append_activity(connection, scene.workspace.id, told, scene.now())
    await add_up(scene.pool)
    page = (await admin.get(f"{PAGE}?since=1h")).text
    for name, value in (
        ("Delivered", "80"),
        ("Seen", "40"),
        ("Clicked", "7"),
        ("Not sent", "3"),
        ("Success", "85.0 %"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert '<dt>Failed</dt><dd class="bad">15</dd>' in page
    assert "80 delivered, 40 seen, 7 clicked in all" in page
    cells = "".join(f'<td class="number">{each}</td>' for each in (90, 80, 40, 7))
    for name in ("email", "smtp"):
        assert f'{name}</a></th>{cells}<td class="number bad">15</td><td class="number">3</td>' in page


def test_the_parts_of_what_was_heard_stand_before_one_another() -> None:
    point = Point(datetime(2026, 1, 1, tzinfo=UTC), [5, 10, 0])
    (column,) = draw_bars("t", ["a", "b", "c"], [point], timedelta(hours=1), are_nested=True).columns
    assert [each.series for each in column.bars] == [1, 0], "the largest lies behind"
    assert len({each.y + each.height for each in column.bars}) == 1, "all begin at the ground"


async def test_what_is_late_and_who_fails_stand_there(admin: Browser, scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.pool.execute("update pgqueuer set execute_after = now() - interval '90 seconds'")
    await scene.pool.execute(
        "insert into vendor_health (vendor_id, weight, window_since, last_fault_share, changed_at)"
        " select id, 0.25, now(), 0.5, now() from vendor where nickname = 'smtp'"
    )
    page = (await admin.get(PAGE)).text
    assert "1 min 30 s ago" in page
    assert "takes 25.0 %" in page
    assert "1 account does well" in page
    assert "disabled" not in page


async def test_what_is_for_later_stands_beside_what_is_due(admin: Browser, scene: Scene) -> None:
    assert "Nothing waits" in (await admin.get(PAGE)).text
    await scene.accept(trigger_body(delay="3h"))
    row = queue_row((await admin.get(PAGE)).text, "plan")
    assert row[:4] == ["plan", "–", "–", "1"]
    due_at = await scene.pool.fetchval("select due_at from request")
    assert row[4].endswith(f"{due_at:%H:%M:%S}")
    await scene.pool.execute(
        "insert into pgqueuer (priority, status, entrypoint, execute_after)"
        " select p.priority, p.status, p.entrypoint, p.execute_after from pgqueuer p, generate_series(1, 1200)"
    )
    assert queue_row((await admin.get(PAGE)).text, "plan")[3] == "1,000+"


def queue_row(page: str, kind: str) -> list[str]:
    """What the queue's table says of a kind of work."""
    found = re.search(rf'<tr data-key="{kind}">(.*?)</tr>', page, re.DOTALL)
    assert found, page
    return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", found[1], re.DOTALL)]


async def test_everything_is_narrowed_to_a_channel_and_to_an_account(admin: Browser, scene: Scene) -> None:
    told = [
        Counted("accepted", 9),
        Counted("sent", 30, "email", "smtp"),
        Counted("failed", 10, "email", "spare"),
        Counted("sent", 4, "sms", "twilio"),
    ]
    async with scene.pool.acquire() as connection:
        await append_activity(connection, scene.workspace.id, told, scene.now())
    await add_up(scene.pool)
    page = (await admin.get(f"{PAGE}?since=7d")).text
    assert "34 sent, 10 failed in all" in page
    assert 'href="?since=7d&amp;channel=email"' in page
    assert 'href="?since=7d&amp;vendor=spare"' in page
    page = (await admin.get(f"{PAGE}?since=7d&channel=email")).text
    assert "30 sent, 10 failed in all" in page
    assert "<dt>Success</dt><dd>75.0 %</dd>" in page
    assert "twilio" not in page
    assert "<dt>Triggers</dt><dd>–</dd>" in page, "a trigger is of no channel"
    assert 'id="accepted-title"' not in page
    assert 'href="?since=24h&amp;channel=email"' in page, "another range of the same"
    page = (await admin.get(f"{PAGE}?since=7d&channel=email&vendor=smtp")).text
    assert "30 sent, 0 failed in all" in page
    assert 'href="?since=7d&amp;channel=email">all accounts' in page
    page = (await admin.get(f"{PAGE}?vendor=nobody")).text
    assert "Nothing was sent in this time" in page
    assert "Trigger a workflow" not in page
    assert (await admin.get(f"{PAGE}?channel=pigeon")).status_code == 400


async def test_disabled_accounts_do_not_count_as_well_and_a_channel_without_others_stands_out(
    admin: Browser, scene: Scene
) -> None:
    await scene.pool.execute("update vendor set disabled_at = now() where nickname = 'smtp'")
    page = (await admin.get(PAGE)).text
    assert "1 account does well" in page
    assert "1 account is disabled" in page
    assert "Nothing is sent by email: all accounts of this channel are disabled." in page
    assert page.count("Nothing is sent by") == 1


async def test_another_workspace_has_its_own_numbers(admin: Browser, scene: Scene, pool: Pool) -> None:
    await scene.go_through(trigger_body())
    await add_up(pool)
    await pool.execute("insert into workspace (name, uid, key, secret) values ('bakery', 'u', 'k', '')")
    assert "Nothing was sent in this time" in (await admin.get("/console/bakery")).text


async def test_with_many_messages_it_reads_none_of_them(admin: Browser, scene: Scene, pool: Pool) -> None:
    workspace_id, now = scene.workspace.id, scene.now()
    await pool.execute(
        "insert into activity (workspace_id, width, began_at, kind, channel, vendor, count)"
        " select $1, 86400, date_trunc('day', $2::timestamptz) - n * interval '1 day', kind, 'email', 'v' || v, 1234567"
        " from generate_series(0, 29) n, generate_series(1, 20) v, unnest(array['sent', 'failed']) kind",
        workspace_id,
        now + timedelta(0),
    )
    # Whoever reads a table that is not there fails.
    await pool.execute("alter table message rename to message_gone; alter table request rename to request_gone")
    page = await admin.get(f"{PAGE}?since=30d")
    assert page.status_code == 200
    assert "740,740,200" in page.text


def test_axes_end_at_numbers_that_can_be_halved() -> None:
    assert [nice_ceiling(number) for number in (0, 1, 3, 7, 10, 11, 55, 1_000_001)] == [
        2, 2, 4, 10, 10, 20, 60, 2_000_000,
    ]  # fmt: skip
