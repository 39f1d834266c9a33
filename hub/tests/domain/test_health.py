"""Health: traffic leaves a sick vendor in steps, comes back in steps, and stays where all are sick."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.health import LEAST_WEIGHT, Observed, adjust, arrange, circuit, observe
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount

SICK, WELL, NOTHING = Observed(tried=100, faulted=60), Observed(tried=100, faulted=1), Observed()
WEIGHTS = st.floats(LEAST_WEIGHT, 1)
OBSERVED = st.builds(
    lambda tried, faulted, awaited, silent: Observed(tried, min(faulted, tried), awaited, min(silent, awaited)),
    *(st.integers(0, 1000) for _ in range(4)),
)


def account(nickname: str, weight: float = 1.0) -> VendorAccount:
    return VendorAccount(1, 1, "email", "smtp", nickname, 0, 0.0, {}, weight=weight)


@pytest.mark.parametrize(
    ("outcome", "is_fault"),
    [
        (Accepted("1"), False),
        (Deferred("vendor_unavailable", "x"), True),
        (Deferred("vendor_credentials", "x"), True),
        (Uncertain("answer_lost", "x"), True),
        (Rejected("vendor_settings", "x"), True),
        # What lies with the message, its recipient, or the hub itself.
        (Rejected("address", "x"), False),
        (Deferred("vendor_rate_limited", "x"), False),
        (Deferred("vendor_busy", "x"), False),
        (Uncertain("unexpected", "x"), False),
    ],
)
def test_only_what_lies_with_the_vendor_is_a_fault(outcome: Outcome, is_fault: bool) -> None:
    assert observe(outcome) == Observed(tried=1, faulted=int(is_fault))


def test_a_vendor_that_fails_loses_its_traffic_in_steps_and_gets_it_back_in_steps() -> None:
    weights = [1.0]
    for _ in range(6):
        weights.append(adjust(weights[-1], SICK))
    assert weights[:4] == [1.0, 0.5, 0.25, 0.125]
    assert weights[-1] == LEAST_WEIGHT
    steps = 0
    while weights[-1] < 1:
        weights.append(adjust(weights[-1], WELL))
        steps += 1
    assert 5 < steps < 15


def test_reports_that_do_not_come_count_as_faults_do() -> None:
    assert adjust(1.0, Observed(tried=100, awaited=20, silent=10)) == 0.5


def test_a_fault_or_two_are_chance_until_there_is_a_suspicion() -> None:
    assert adjust(1.0, Observed(tried=3, faulted=3)) == 1.0
    assert adjust(0.5, Observed(tried=1, faulted=1)) == 0.25


def test_between_sick_and_well_nothing_changes() -> None:
    assert adjust(0.5, Observed(tried=100, faulted=10)) == 0.5


@given(WEIGHTS, OBSERVED)
def test_one_window_moves_a_weight_by_one_step_within_its_bounds(weight: float, observed: Observed) -> None:
    after = adjust(weight, observed)
    assert LEAST_WEIGHT <= after <= 1
    assert weight / 2 <= after <= weight + 0.1 + 1e-6
    assert circuit(after) == ("closed" if after == 1 else "open" if after < 0.1 else "half_open")


@given(st.lists(WEIGHTS, min_size=1, max_size=5), st.integers())
def test_every_account_keeps_its_place_or_comes_after_those_that_keep_theirs(weights: list[float], seed: int) -> None:
    accounts = [account(str(number), weight) for number, weight in enumerate(weights)]
    order = arrange(accounts, random.Random(seed).random)
    assert sorted(order, key=accounts.index) == accounts
    best = max(weights)
    assert weights[int(order[0].nickname)] == best or any(each.weight == best for each in order)


@given(WEIGHTS, st.integers(1, 5), st.integers())
def test_where_all_look_sick_nothing_moves(weight: float, count: int, seed: int) -> None:
    accounts = [account(str(number), weight) for number in range(count)]
    assert list(arrange(accounts, random.Random(seed).random)) == accounts


def test_a_sick_account_keeps_the_share_of_turns_that_its_weight_says() -> None:
    accounts = [account("first", 0.25), account("second")]
    draw = random.Random(1).random
    first = sum(arrange(accounts, draw)[0].nickname == "first" for _ in range(4000))
    assert 0.22 < first / 4000 < 0.28
