"""Places of a lane: an account whose vendor hangs gets no more, and its jobs alone are turned away."""

from contextlib import ExitStack

from suprsend_hub.actions.places import HANGING_SECONDS, MOST_REMEMBERED, REOPEN_SECONDS, Places


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_job_is_turned_away_unopened_only_while_what_it_waits_for_hangs() -> None:
    clock = Clock()
    places = Places(4, clock)
    with ExitStack() as calls:
        for _ in range(2):
            calls.enter_context(places.asking(1))
        assert not places.is_turned_away("first")
        clock.now += HANGING_SECONDS + 1
        assert not await places.take(1)
        places.turn_away("first", {1})
        places.turn_away("both", {1, 2})
        assert places.is_turned_away("first")
        assert not places.is_turned_away("another")
        assert not places.is_turned_away("both")
    assert not places.is_turned_away("first")


async def test_a_job_that_was_turned_away_is_opened_again_after_a_while() -> None:
    clock = Clock()
    places = Places(2, clock)
    with places.asking(1):
        clock.now += HANGING_SECONDS + 1
        places.turn_away("job", {1})
        clock.now += REOPEN_SECONDS - 1
        assert places.is_turned_away("job")
        clock.now += 1
        assert not places.is_turned_away("job")


async def test_only_so_many_are_remembered() -> None:
    clock = Clock()
    places = Places(2, clock)
    with places.asking(1):
        clock.now += HANGING_SECONDS + 1
        for number in range(MOST_REMEMBERED + 1):
            places.turn_away(number, {1})
        assert not places.is_turned_away(0)
        assert places.is_turned_away(MOST_REMEMBERED)
