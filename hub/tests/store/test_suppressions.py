"""Addresses that are left alone: whatever is told twice, late or in another order changes nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suprsend_hub.domain.suppression import Cause, SuppressedAddress
from suprsend_hub.store.database import Pool
from suprsend_hub.store.suppressions import (
    NewSuppression,
    Suppression,
    hide_suppressed,
    lift_suppression,
    list_suppressions,
    prune_suppressions,
    put_suppressions,
)
from suprsend_hub.store.workspaces import Workspace

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = SuppressedAddress("email", "", "ada@example.com")

CAUSES: list[Cause] = ["hard_bounce", "complaint"]
# What a vendor tells of a message happened once, whenever it is told.
told = st.builds(
    lambda number, cause, for_good: told_of(
        f"m{number}", cause, NOW + number * DAY, for_good=for_good and number % 3 == 0
    ),
    st.integers(0, 8),
    st.sampled_from(CAUSES),
    st.just(True),
)


def told_of(message_id: str, cause: Cause, at: datetime, *, for_good: bool = False) -> NewSuppression:
    until = None if for_good else at + 90 * DAY
    return NewSuppression(ADA, cause, f"{message_id} said so", message_id, until, happened_at=at)


async def stand(pool: Pool, workspace: Workspace, address: str = ADA.value) -> list[Suppression]:
    async with pool.acquire() as connection:
        return list(await list_suppressions(connection, workspace.id, NOW, limit=10, address=address))


async def tell(pool: Pool, workspace: Workspace, *batches: Iterable[NewSuppression], now: datetime = NOW) -> None:
    async with pool.acquire() as connection:
        for batch in batches:
            await put_suppressions(connection, workspace.id, batch, now)


async def lift(pool: Pool, workspace: Workspace, now: datetime) -> int:
    async with pool.acquire() as connection:
        return await lift_suppression(connection, workspace.id, ADA.value, now)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(told, min_size=1, max_size=6), st.data())
async def test_in_whatever_order_and_however_often_it_is_told(
    pool: Pool, workspace: Workspace, reports: list[NewSuppression], data: st.DataObject
) -> None:
    left = []
    shuffled = data.draw(st.permutations(reports + reports[: data.draw(st.integers(0, len(reports)))]))
    cut = data.draw(st.integers(0, len(shuffled)))
    for batches in ([reports], [shuffled[:cut], shuffled[cut:]], [[each] for each in shuffled]):
        address = ADA._replace(value=f"{uuid4()}@example.com")
        await tell(pool, workspace, *([replace(each, address=address) for each in batch] for batch in batches))
        [found] = await stand(pool, workspace, address.value)
        left.append((found.cause, found.reason, found.message_id, found.since, found.until))
    assert left[0] == left[1] == left[2]
    latest = max(reports, key=lambda each: (each.until is None, each.until))
    assert left[0][4] == latest.until


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(told, min_size=1, max_size=6), st.data())
async def test_what_happened_before_an_address_was_used_again_says_nothing(
    pool: Pool, workspace: Workspace, reports: list[NewSuppression], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(reports))
    await tell(pool, workspace, reports)
    assert await lift(pool, workspace, NOW + 10 * DAY) in (0, 1)
    await tell(pool, workspace, [], *([each] for each in again), now=NOW + 11 * DAY)
    assert not await stand(pool, workspace)


@pytest.mark.parametrize("dated", [True, False])
async def test_a_report_that_is_repeated_after_a_lift_does_not_suppress_again(
    pool: Pool, workspace: Workspace, dated: bool
) -> None:
    # Some vendors do not say when it happened: then it is when they tell, and they may tell again.
    report = told_of("m1", "complaint", NOW) if dated else replace(told_of("m1", "complaint", NOW), happened_at=None)
    older = told_of("m0", "hard_bounce", NOW - DAY)
    await tell(pool, workspace, [report], [older])
    assert await lift(pool, workspace, NOW + DAY) == 1
    assert await lift(pool, workspace, NOW + DAY) == 0
    await tell(pool, workspace, [report], [replace(older, happened_at=None)], now=NOW + 2 * DAY)
    assert not await stand(pool, workspace)


async def test_what_happens_after_a_lift_counts(pool: Pool, workspace: Workspace) -> None:
    await tell(pool, workspace, [told_of("m1", "complaint", NOW, for_good=True)])
    await lift(pool, workspace, NOW + DAY)
    await tell(pool, workspace, [told_of("m2", "hard_bounce", NOW + 2 * DAY)])
    [found] = await stand(pool, workspace)
    assert (found.cause, found.message_id, found.until) == ("hard_bounce", "m2", NOW + 92 * DAY)
    assert await lift(pool, workspace, NOW + 3 * DAY) == 1


async def test_somebody_may_unsubscribe_again_by_the_same_link(pool: Pool, workspace: Workspace) -> None:
    wish = NewSuppression(ADA, "unsubscribed", "by the link", "m1", None, "promotional", NOW, counts_again=True)
    await tell(pool, workspace, [wish])
    assert await lift(pool, workspace, NOW + DAY) == 1
    await tell(pool, workspace, [replace(wish, happened_at=NOW + 2 * DAY)])
    assert [each.cause for each in await stand(pool, workspace)] == ["unsubscribed"]


async def test_a_lifted_suppression_is_forgotten_in_the_end(pool: Pool, workspace: Workspace) -> None:
    await tell(pool, workspace, [told_of("m1", "complaint", NOW, for_good=True)])
    await lift(pool, workspace, NOW + DAY)
    async with pool.acquire() as connection:
        for later, left in ((60, 1), (100, 0)):
            await prune_suppressions(connection, NOW + later * DAY)
            assert await connection.fetchval("select count(*) from suppression") == left


async def test_a_repeated_report_does_not_bring_back_who_was_erased(pool: Pool, workspace: Workspace) -> None:
    report = told_of("m1", "complaint", NOW)
    await tell(pool, workspace, [report])
    async with pool.acquire() as connection:
        await hide_suppressed(connection, workspace.id, [ADA])
    await tell(pool, workspace, [report])
    [found] = await stand(pool, workspace)
    assert (found.address, found.reason) == (None, "")
