"""Receipts: a message only moves forward, whatever the order and however often it is told."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.message import STATUSES, Status
from suprsend_hub.domain.receipt import PATH, STATE_AFTER, Happening, advance

happenings = st.lists(st.sampled_from(sorted(STATE_AFTER)), max_size=6)


@given(st.sampled_from(STATUSES), happenings, st.data())
def test_order_and_repetition_change_nothing(status: Status, told: list[Happening], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(told + told[: data.draw(st.integers(0, len(told)))]))
    assert apply(status, told) == apply(status, list(shuffled))


def apply(status: Status, told: list[Happening]) -> Status:
    for happening in told:
        status = advance(status, happening)
    return status


def test_every_order_of_a_full_life_ends_as_clicked() -> None:
    life: tuple[Happening, ...] = ("delivered", "seen", "clicked", "dismissed", "failed")
    assert {apply("sent_by_vendor", list(order)) for order in permutations(life)} == {"clicked"}


@given(st.sampled_from(STATUSES), st.sampled_from(sorted(STATE_AFTER)))
def test_nothing_moves_back(status: Status, happening: Happening) -> None:
    after = advance(status, happening)
    if status in PATH:
        assert PATH.index(after) >= PATH.index(status)
    else:
        assert after == status
