"""Budgets: never more than the rate, the urgent first, and everybody gets a turn without asking for ever."""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suprsend_hub.domain.budget import full_budget, lease, most_tokens
from suprsend_hub.domain.category import ROOTS, Root

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RATES = st.sampled_from([0.1, 0.5, 1.0, 3.0, 10.0, 100.0, 1000.0])
ASKED = st.lists(st.tuples(st.integers(1, 300), st.sampled_from(ROOTS), st.floats(0, 3), st.integers(0, 3)))


@dataclass
class Account:
    """An account with a rate to which messages come, again and again until each was sent."""

    rate: float
    put_off: Counter[Root] = field(default_factory=Counter)
    sent: Counter[Root] = field(default_factory=Counter)
    longest: Counter[Root] = field(default_factory=Counter)

    def serve(self, arrivals: Sequence[tuple[float, Root, int]], until: float, lateness: float = 0.0) -> None:
        """Play it: so many messages of a root at those seconds; `lateness` is how late they come at most."""
        budget, numbers = full_budget(self.rate, NOW), count()
        due = [(NOW + timedelta(seconds=at), next(numbers), root, wanted, 0, at) for at, root, wanted in arrivals]
        heapq.heapify(due)
        while due and due[0][0] < NOW + timedelta(seconds=until):
            now, _, root, wanted, turn, at = heapq.heappop(due)
            budget, leased = lease(budget, self.rate, wanted, root, now, turn=turn)
            self.sent[root] += leased.granted
            self.put_off[root] += wanted - leased.granted
            if leased.granted:
                self.longest[root] = max(self.longest[root], int((now - NOW).total_seconds() - at))
            for number, start in enumerate(range(leased.granted, wanted, leased.share)):
                late = timedelta(seconds=lateness * (next(numbers) * 37 % 100) / 100)
                then = now + leased.wait + leased.pause * number + late
                share = min(leased.share, wanted - start)
                heapq.heappush(due, (then, next(numbers), root, share, turn + 1, at))


def steady(rate: float, root: Root, seconds: int, at_once: int = 1) -> list[tuple[float, Root, int]]:
    """So many messages a second for so long."""
    return [(number * at_once / rate, root, at_once) for number in range(int(seconds * rate / at_once))]


@given(RATES, ASKED)
def test_no_stretch_of_time_gets_more_than_its_rate_and_a_second_at_once(
    rate: float, asked: list[tuple[int, Root, float, int]]
) -> None:
    """And of system messages a second's worth more, which is borrowed."""
    budget, now, granted = full_budget(rate, NOW), NOW, 0
    for wanted, root, pause, turn in asked:
        now += timedelta(seconds=pause)
        budget, leased = lease(budget, rate, wanted, root, now, turn=turn)
        assert 0 <= leased.granted <= wanted
        granted += leased.granted
        loan = most_tokens(rate) if root == "system" else 0
        if leased.granted:
            assert granted <= most_tokens(rate) + loan + rate * (now - NOW).total_seconds() + 1e-6


@given(RATES, st.lists(st.integers(1, 300), max_size=20), st.sampled_from(ROOTS))
def test_whoever_waits_comes_to_a_purse_that_has_something(rate: float, before: list[int], root: Root) -> None:
    budget = full_budget(rate, NOW)
    for wanted in before:
        budget, _ = lease(budget, rate, wanted, root, NOW, turn=0)
    budget, leased = lease(budget, rate, 300, root, NOW, turn=0)
    if leased.granted < 300:
        _, then = lease(budget, rate, leased.share, root, NOW + leased.wait, turn=1)
        assert then.granted == leased.share


def test_those_who_wait_are_spread_over_the_time_that_those_before_them_take() -> None:
    budget = full_budget(10, NOW)
    budget, first = lease(budget, 10, 200, "transactional", NOW, turn=0)
    _, second = lease(budget, 10, 200, "transactional", NOW, turn=0)
    assert (first.granted, first.share) == (9, 9)
    assert (first.wait, first.pause) == (timedelta(seconds=0.9), timedelta(seconds=0.9))
    assert (second.granted, second.wait) == (0, timedelta(seconds=20))


def test_nobody_new_passes_those_who_wait() -> None:
    budget, waiting = lease(full_budget(10, NOW), 10, 19, "transactional", NOW, turn=0)
    soon = NOW + timedelta(seconds=0.5)
    budget, newcomer = lease(budget, 10, 1, "transactional", soon, turn=0)
    budget, less_urgent = lease(budget, 10, 1, "promotional", soon, turn=1)
    assert (newcomer.granted, less_urgent.granted) == (0, 0)
    assert soon + newcomer.wait > NOW + waiting.wait
    _, come = lease(budget, 10, waiting.share, "transactional", NOW + waiting.wait, turn=1)
    assert come.granted == waiting.share


def test_the_less_urgent_wait_so_much_longer_as_the_urgent_take() -> None:
    budget, _ = lease(full_budget(10, NOW), 10, 108, "promotional", NOW, turn=0)
    budget, _ = lease(budget, 10, 20, "system", NOW, turn=0)
    _, last = lease(budget, 10, 1, "promotional", NOW, turn=0)
    assert last.wait == timedelta(seconds=10 + 2 + 0.1)


@settings(max_examples=25)
@given(
    st.sampled_from([1.0, 3.0, 10.0, 50.0]),
    st.floats(0.05, 1.5),
    st.integers(1, 50),
    st.sampled_from([1, 7, 200]),
    st.floats(0, 0.3),
)
def test_no_message_is_put_off_more_than_a_few_times_however_busy_the_urgent_are(
    rate: float, busy: float, seconds: int, at_once: int, lateness: float
) -> None:
    """A broadcast of so many seconds of the rate, beside urgent ones that take up to more than there is."""
    account, broadcast = Account(rate), max(1, int(rate * seconds))
    urgent = steady(rate * busy, "transactional", 120, at_once)
    account.serve([(0.0, "promotional", broadcast), *urgent], until=120, lateness=lateness)
    assert account.put_off["promotional"] <= 16 * broadcast
    assert account.put_off["transactional"] <= 5 * at_once * len(urgent)


@pytest.mark.parametrize("busy", [0.3, 0.5, 0.7])
def test_a_broadcast_gets_what_the_urgent_leave_and_hardly_asks_in_vain(busy: float) -> None:
    account = Account(100.0)
    chunks: list[tuple[float, Root, int]] = [(0.0, "promotional", 200)] * 50
    account.serve(chunks + steady(100 * busy, "transactional", 500), until=500)
    assert account.sent["promotional"] == 10_000
    assert account.longest["promotional"] <= 100 / (1 - busy) * 1.2
    assert account.put_off["promotional"] <= 2.5 * 10_000
    assert account.longest["transactional"] == 0


def test_a_backlog_is_not_passed_for_ever_by_what_is_as_urgent() -> None:
    account = Account(100.0)
    backlog: list[tuple[float, Root, int]] = [(0.0, "transactional", 1000)]
    account.serve(backlog + steady(95, "transactional", 300), until=300, lateness=0.1)
    assert account.sent["transactional"] >= 1000 + 95 * 300 - 200 - 500
    assert account.longest["transactional"] <= 30


@pytest.mark.parametrize("rate", [0.5, 1.0, 5.0, 100.0])
def test_a_system_message_finds_room_however_much_a_broadcast_takes(rate: float) -> None:
    budget = full_budget(rate, NOW)
    for turn in range(100):
        budget, _ = lease(budget, rate, 300, "promotional", NOW, turn=turn)
    _, leased = lease(budget, rate, 1, "system", NOW, turn=0)
    assert leased.granted == 1


def test_nobody_waits_for_those_who_are_gone() -> None:
    """A broadcast that was cancelled leaves a queue of which nobody comes."""
    budget, _ = lease(full_budget(10, NOW), 10, 10_000, "promotional", NOW, turn=0)
    for second in range(1, 5):
        budget, early = lease(budget, 10, 1, "promotional", NOW + timedelta(seconds=second), turn=0)
        assert early.granted == 0
    _, leased = lease(budget, 10, 1, "promotional", NOW + timedelta(seconds=6), turn=0)
    assert leased.granted == 1


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    budget, _ = lease(full_budget(10, NOW), 10, 9, "transactional", NOW, turn=0)
    budget, _ = lease(budget, 10, 1, "system", NOW - timedelta(hours=1), turn=0)
    assert budget.tokens == pytest.approx(0)
    assert budget.counted_at == NOW
