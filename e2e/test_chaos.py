"""Chaos, in small: what `make chaos` plays for longer."""

import pytest

from e2e.chaos import Plan, run_chaos, show


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_whatever_is_killed_nothing_is_lost_and_no_more_doubled_than_was_in_flight() -> None:
    counts = await run_chaos(Plan(triggers=800, kills=9, seed=7), print)
    assert counts.is_as_promised, show(counts)
    assert len(counts.kills) == 3
    assert counts.handed_on >= counts.failures_reported > 0
