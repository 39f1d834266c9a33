"""Routing: which channels, when, and a reason for each that is not used."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.delivery import Delivery
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.routing import EXPLANATIONS, Exclusion, Route, Terrain, route
from suprsend_hub.domain.vendor import VendorOffer, choose_accounts

EMAIL = Identity("email", "a@example.com")
PUSH = Identity("androidpush", "t1", "fcm")


def terrain(template: set[Channel], vendors: set[Channel], *, deleted: bool = False) -> Terrain:
    return Terrain(frozenset(template), offers(dict.fromkeys(vendors, 0.0)), deleted)


def offers(costs: Mapping[Channel, float]) -> list[VendorOffer]:
    return [VendorOffer(channel, notification_cost=cost) for channel, cost in costs.items()]


AT_ONCE = Delivery(False, "seen", timedelta(hours=1), frozenset())


def smart(
    ttl: timedelta = timedelta(hours=1), mandatory: frozenset[Channel] = frozenset(), success: str = "seen"
) -> Delivery:
    return Delivery(True, success, ttl, mandatory)


def test_every_valid_channel_goes_at_once() -> None:
    decided = route(
        terrain({"email", "androidpush", "inbox"}, {"email", "androidpush"}), "u1", [EMAIL, PUSH], None, AT_ONCE
    )
    assert [(step.channel, step.identity.value) for step in decided.steps] == [
        ("androidpush", "t1"),
        ("email", "a@example.com"),
        ("inbox", "u1"),
    ]
    assert all(not step.after for step in decided.steps)
    assert decided.exclusions == ()


def test_each_exclusion_has_its_reason() -> None:
    decided = route(
        terrain({"email", "sms", "inbox", "webpush"}, {"webpush"}),
        None,
        [EMAIL],
        frozenset({"email", "inbox", "sms"}),
        AT_ONCE,
    )
    assert {(each.channel, each.reason) for each in decided.exclusions} == {
        ("email", "vendor_not_configured"),
        ("sms", "no_identity"),
        ("inbox", "no_distinct_id"),
        ("webpush", "channel_not_requested"),
    }


def test_a_deleted_template_sends_nothing() -> None:
    decided = route(terrain({"email", "inbox"}, {"email"}, deleted=True), "u1", [EMAIL], None, AT_ONCE)
    assert decided.steps == ()
    assert {each.reason for each in decided.exclusions} == {"template_deleted"}


def test_a_blocked_channel_is_left_out_even_where_it_is_mandatory() -> None:
    closed: tuple[Channel, ...] = ("email",)
    blocked = replace(terrain({"email", "inbox"}, {"email"}), blocked_channels=closed)
    decided = route(blocked, "u1", [EMAIL], None, smart(mandatory=frozenset({"email"})))
    assert [step.channel for step in decided.steps] == ["inbox"]
    assert decided.exclusions == (Exclusion("email", "channel_blocked_for_tenant", EMAIL),)


channels = st.sets(st.sampled_from(CHANNELS))
identities = st.lists(
    st.builds(Identity, st.sampled_from(CHANNELS), st.sampled_from(["x", "y"])),
    unique_by=lambda each: each.key,
)
deliveries = st.builds(
    Delivery,
    smart=st.booleans(),
    success=st.sampled_from(["delivered", "seen", "interaction", "ORDER_OPENED"]),
    time_to_live=st.integers(0, 86_400 * 30).map(lambda seconds: timedelta(seconds=seconds)),
    mandatory_channels=channels.map(frozenset),
)


@given(
    channels,
    channels,
    st.none() | st.just("u1"),
    identities,
    st.none() | channels.map(frozenset),
    st.booleans(),
    deliveries,
)
def test_every_template_channel_is_decided_exactly_once_an_address(
    template: set[Channel],
    vendors: set[Channel],
    distinct_id: str | None,
    owned: list[Identity],
    wanted: frozenset[Channel] | None,
    deleted: bool,
    delivery: Delivery,
) -> None:
    decided = route(terrain(template, vendors, deleted=deleted), distinct_id, owned, wanted, delivery)
    stepped = [step.identity.key for step in decided.steps]
    assert len(stepped) == len(set(stepped))
    assert {step.channel for step in decided.steps} | {each.channel for each in decided.exclusions} == template
    assert not {step.channel for step in decided.steps} & {each.channel for each in decided.exclusions}
    assert all(wanted is None or step.channel in wanted for step in decided.steps)
    assert all(step.channel == "inbox" or step.channel in vendors for step in decided.steps)
    assert all(each.reason in EXPLANATIONS for each in decided.exclusions)


def due(decided: Route) -> dict[Channel, int]:
    """When each channel goes, in seconds."""
    return {step.channel: int(step.after.total_seconds()) for step in decided.steps}


LADDER = [EMAIL, PUSH, Identity("sms", "+15005550006"), Identity("slack", "{}")]
ALL: set[Channel] = {"email", "androidpush", "sms", "slack", "inbox"}


def climbing(delivery: Delivery, costs: dict[Channel, float], owned: list[Identity]) -> Route:
    return route(Terrain(frozenset(ALL), offers(costs), False), "u1", owned, None, delivery)


def test_a_ladder_goes_from_cheap_to_dear_evenly_over_its_time() -> None:
    costs: dict[Channel, float] = {"email": 1.0, "androidpush": 0.0, "sms": 5.0, "slack": 1.0}
    decided = climbing(smart(), costs, LADDER)
    assert due(decided) == {"inbox": 0, "androidpush": 0, "email": 1200, "slack": 2400, "sms": 3600}
    assert {step.channel for step in decided.steps if not step.is_rung} == {"inbox"}
    assert {step.success for step in decided.steps if step.channel != "inbox"} == {"seen"}


def test_mandatory_channels_go_at_once_and_do_not_stretch_the_ladder() -> None:
    decided = climbing(smart(mandatory=frozenset({"sms"})), dict.fromkeys(ALL, 0.0), LADDER)
    assert due(decided) == {"inbox": 0, "sms": 0, "androidpush": 0, "email": 1800, "slack": 3600}
    assert not next(step.is_rung for step in decided.steps if step.channel == "sms")


def test_a_ladder_of_one_rung_goes_at_once() -> None:
    assert due(climbing(smart(), dict.fromkeys(ALL, 0.0), [EMAIL])) == {"inbox": 0, "email": 0}


def test_every_address_of_a_channel_is_one_rung() -> None:
    decided = climbing(smart(), dict.fromkeys(ALL, 0.0), [EMAIL, Identity("email", "b@example.com"), PUSH])
    assert sorted((step.identity.value, step.after.total_seconds()) for step in decided.steps) == [
        ("a@example.com", 3600.0),
        ("b@example.com", 3600.0),
        ("t1", 0.0),
        ("u1", 0.0),
    ]


owners = st.lists(st.builds(Identity, st.sampled_from(CHANNELS), st.just("x")), unique_by=lambda each: each.channel)
prices = st.dictionaries(st.sampled_from(CHANNELS), st.sampled_from([0.0, 0.1, 0.5, 2.0]))


@given(channels, prices, owners, deliveries)
def test_a_ladder_keeps_its_promises(
    template: set[Channel], costs: dict[Channel, float], owned: list[Identity], delivery: Delivery
) -> None:
    decided = route(Terrain(frozenset(template), offers(costs), False), "u1", owned, None, delivery)
    used = [step.channel for step in decided.steps]
    assert len(used) == len(set(used)), "no channel twice"
    rungs = sorted((step for step in decided.steps if step.is_rung), key=lambda step: step.after)
    at_once = [step for step in decided.steps if not step.is_rung]
    assert all(step.after == timedelta(0) for step in at_once), "what nothing stops is never late"
    if not delivery.smart:
        assert rungs == []
        return
    assert {step.channel for step in at_once} == set(used) & (delivery.mandatory_channels | {"inbox"})
    order = [
        (costs[step.channel], step.channel)
        for step in sorted(rungs, key=lambda s: (s.after, costs[s.channel], s.channel))
    ]
    assert order == sorted(order), "cheapest first, then by name"
    waits = [int(step.after.total_seconds()) for step in rungs]
    total = int(delivery.time_to_live.total_seconds())
    if len(rungs) > 1:
        assert waits[-1] == total, "the last rung is at the end of the time"
        gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]
        assert max(gaps) - min(gaps) <= 1, "the spaces are even to the second"
    elif rungs:
        assert waits == [0]
    assert all(step.success == delivery.success for step in rungs)


def test_an_account_serves_its_kind_of_address_its_categories_and_its_tenant() -> None:
    offered = [
        VendorOffer("androidpush", "fcm", notification_cost=1),
        VendorOffer("androidpush", "xiaomi", notification_cost=2),
        VendorOffer("email", roots=frozenset({"promotional"}), notification_cost=3),
        VendorOffer("email", notification_cost=4),
        VendorOffer("email", tenant_id="acme", notification_cost=5),
    ]

    def costs(channel: Channel, provider: str, root: Root, tenant_id: str | None) -> list[float]:
        return [each.notification_cost for each in choose_accounts(offered, channel, provider, root, tenant_id)]

    assert costs("androidpush", "xiaomi", "system", None) == [2]
    assert costs("androidpush", "oppo", "system", None) == []
    assert costs("email", "", "system", None) == [4]
    assert costs("email", "", "promotional", "other") == [3, 4]
    assert costs("email", "", "promotional", "acme") == [5]


def test_a_push_token_without_a_vendor_for_its_kind_is_left_out_by_itself() -> None:
    land = Terrain(frozenset({"androidpush"}), [VendorOffer("androidpush", "fcm")], False)
    oppo = Identity("androidpush", "t2", "oppo")
    decided = route(land, "u1", [PUSH, oppo], None, AT_ONCE)
    assert [step.identity for step in decided.steps] == [PUSH]
    assert [(each.identity, each.reason) for each in decided.exclusions] == [(oppo, "vendor_not_configured")]
