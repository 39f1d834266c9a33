"""Behaviours: whom they are for, how often they apply, how JSON writes them."""

import msgspec
import pytest
from suprsend_hub.simulators.behaviour import (
    ACCEPT,
    Accept,
    Behaviour,
    Behaviours,
    Delay,
    Drop,
    Fail,
    RateLimit,
    Refuse,
)


def names(behaviours: Behaviours, address: str, times: int) -> list[str]:
    """What happens to so many attempts."""
    return [behaviours.apply(address).name for _ in range(times)]


def test_without_a_rule_everything_is_taken() -> None:
    assert names(Behaviours(), "ann@example.org", 2) == ["accept", "accept"]


@pytest.mark.parametrize(
    ("behaviour", "found"),
    [
        (Fail(times=2), ["fail", "fail", "accept", "accept"]),
        (RateLimit(times=1, retry_after=5), ["rate_limit", "accept", "accept", "accept"]),
        (Drop(times=1), ["drop", "accept", "accept", "accept"]),
        (Refuse(), ["refuse"] * 4),
        (Delay(seconds=1), ["delay"] * 4),
    ],
)
def test_a_rule_applies_as_often_as_it_says(behaviour: Behaviour, found: list[str]) -> None:
    behaviours = Behaviours()
    behaviours.set("ann@example.org", behaviour)
    assert names(behaviours, "ann@example.org", 4) == found
    assert names(behaviours, "bob@example.org", 1) == ["accept"]


def test_what_is_said_of_everybody_counts_for_each_and_gives_way_to_ones_own_rule() -> None:
    behaviours = Behaviours()
    behaviours.set("*", Fail(times=1))
    behaviours.set("ann@example.org", Refuse())
    assert names(behaviours, "ann@example.org", 2) == ["refuse", "refuse"]
    assert [names(behaviours, address, 2) for address in ("bob@example.org", "cid@example.org")] == [
        ["fail", "accept"],
        ["fail", "accept"],
    ]


def test_a_new_rule_counts_anew_and_clearing_ends_all() -> None:
    behaviours = Behaviours()
    behaviours.set("ann@example.org", Fail(times=1))
    assert [behaviours.apply("ann@example.org").attempt for _ in range(2)] == [1, 2]
    behaviours.set("ann@example.org", Fail(times=1))
    assert behaviours.apply("ann@example.org").attempt == 1
    behaviours.clear()
    assert behaviours.apply("ann@example.org").behaviour == ACCEPT


@pytest.mark.parametrize("address", ["Ann@Example.ORG", "ann@example.org"])
def test_mail_addresses_compare_regardless_of_case(address: str) -> None:
    behaviours = Behaviours()
    behaviours.set(address, Refuse())
    assert names(behaviours, "ann@EXAMPLE.org", 1) == ["refuse"]


def test_a_domain_compares_in_any_writing_and_a_token_exactly() -> None:
    behaviours = Behaviours()
    behaviours.set("ann@bücher.example", Refuse())
    behaviours.set("Token", Refuse())
    assert names(behaviours, "ann@xn--bcher-kva.example", 1) == ["refuse"]
    assert (names(behaviours, "Token", 1), names(behaviours, "token", 1)) == (["refuse"], ["accept"])


@pytest.mark.parametrize(
    ("text", "behaviour"),
    [
        (b'{"type": "accept"}', Accept()),
        (b'{"type": "delay", "seconds": 2}', Delay(seconds=2)),
        (b'{"type": "refuse"}', Refuse()),
        (b'{"type": "fail", "times": 3}', Fail(times=3)),
        (b'{"type": "rate_limit", "retry_after": 9}', RateLimit(times=1, retry_after=9)),
        (b'{"type": "drop"}', Drop(times=1)),
    ],
)
def test_json_names_each_behaviour(text: bytes, behaviour: Behaviour) -> None:
    assert msgspec.json.decode(text, type=Behaviour) == behaviour
