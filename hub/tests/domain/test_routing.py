"""Routing: every valid channel once an address, and a reason for each that is not used."""

from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.routing import EXPLANATIONS, Terrain, route

EMAIL = Identity("email", "a@example.com")
PUSH = Identity("androidpush", "t1", "fcm")


def terrain(template: set[Channel], vendors: set[Channel], *, deleted: bool = False) -> Terrain:
    return Terrain(frozenset(template), frozenset(vendors), deleted)


def test_every_valid_channel_goes_at_once() -> None:
    decided = route(terrain({"email", "androidpush", "inbox"}, {"email", "androidpush"}), "u1", [EMAIL, PUSH], None)
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
    )
    assert {(each.channel, each.reason) for each in decided.exclusions} == {
        ("email", "vendor_not_configured"),
        ("sms", "no_identity"),
        ("inbox", "no_distinct_id"),
        ("webpush", "channel_not_requested"),
    }


def test_a_deleted_template_sends_nothing() -> None:
    decided = route(terrain({"email", "inbox"}, {"email"}, deleted=True), "u1", [EMAIL], None)
    assert decided.steps == ()
    assert {each.reason for each in decided.exclusions} == {"template_deleted"}


channels = st.sets(st.sampled_from(CHANNELS))
identities = st.lists(
    st.builds(Identity, st.sampled_from(CHANNELS), st.sampled_from(["x", "y"])),
    unique_by=lambda each: each.key,
)


@given(
    channels,
    channels,
    st.none() | st.just("u1"),
    identities,
    st.none() | channels.map(frozenset),
    st.booleans(),
)
def test_every_template_channel_is_decided_exactly_once_an_address(
    template: set[Channel],
    vendors: set[Channel],
    distinct_id: str | None,
    owned: list[Identity],
    wanted: frozenset[Channel] | None,
    deleted: bool,
) -> None:
    decided = route(terrain(template, vendors, deleted=deleted), distinct_id, owned, wanted)
    stepped = [step.identity.key for step in decided.steps]
    assert len(stepped) == len(set(stepped))
    assert {step.channel for step in decided.steps} | {each.channel for each in decided.exclusions} == template
    assert not {step.channel for step in decided.steps} & {each.channel for each in decided.exclusions}
    assert all(wanted is None or step.channel in wanted for step in decided.steps)
    assert all(step.channel == "inbox" or step.channel in vendors for step in decided.steps)
    assert all(each.reason in EXPLANATIONS for each in decided.exclusions)
