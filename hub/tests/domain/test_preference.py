"""Preferences: the person's word, then the tenant's, then the category's; and always the rule that decided."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.category import Category, CategoryTree, Preference, RootCategory, Section
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.preference import (
    CONSENTS,
    OBJECTIONS,
    Choice,
    Default,
    Preferences,
    Standing,
    TenantRule,
    defaults_of,
)
from suprsend_hub.domain.routing import EXPLANATIONS

channels = st.sampled_from(CHANNELS)
sets = st.frozensets(channels)
some = st.none() | st.frozensets(channels, min_size=1)
modes: st.SearchStrategy[Preference] = st.sampled_from(["opt_in", "opt_out", "cant_unsubscribe"])
defaults = st.builds(Default, modes, some, some)
rules = st.builds(TenantRule, st.booleans(), st.booleans(), st.none() | modes, some, some, sets)
choices = st.builds(Choice, st.sampled_from(["opt_in", "opt_out"]), sets)
standings = st.builds(Standing, defaults, st.none() | rules, st.none() | choices, sets)
ON, OFF = Default("opt_in"), Default("opt_out")
REQUIRED = Default("cant_unsubscribe", frozenset[Channel]({"email"}), frozenset[Channel]({"inbox"}))


def is_shut(standing: Standing, channel: Channel) -> bool:
    """Whether the tenant lets nothing through."""
    return not standing.is_offered or (standing.rule is not None and channel in standing.rule.blocked_channels)


@pytest.mark.parametrize(
    ("standing", "channel", "reason"),
    [
        (Standing(ON), "sms", "on_by_category"),
        (Standing(OFF), "sms", "off_by_category"),
        (Standing(replace(ON, opt_in_channels=frozenset({"email"}))), "sms", "off_by_category"),
        (Standing(REQUIRED), "email", "channel_mandatory"),
        (Standing(REQUIRED), "inbox", "on_by_category"),
        (Standing(REQUIRED), "sms", "off_by_category"),
        (Standing(Default("cant_unsubscribe")), "sms", "channel_mandatory"),
        (Standing(ON, TenantRule(preference="opt_out")), "sms", "off_by_tenant"),
        (Standing(OFF, TenantRule(preference="opt_in")), "sms", "on_by_tenant"),
        (Standing(ON, TenantRule(preference="opt_out"), Choice("opt_in")), "sms", "category_opted_in"),
        (Standing(ON, None, Choice("opt_out")), "sms", "category_opted_out"),
        (Standing(ON, None, Choice("opt_in", frozenset({"sms"}))), "sms", "channel_opted_out"),
        (Standing(ON, None, Choice("opt_in"), frozenset({"sms"})), "sms", "channel_restricted"),
        (Standing(REQUIRED, None, Choice("opt_out"), frozenset({"email"})), "email", "channel_mandatory"),
        (Standing(REQUIRED, None, Choice("opt_in")), "sms", "category_opted_in"),
        (Standing(ON, TenantRule(enabled=False), Choice("opt_in")), "sms", "category_disabled_for_tenant"),
        (Standing(ON, TenantRule(visible=False), Choice("opt_in")), "sms", "category_hidden_for_tenant"),
        (
            Standing(REQUIRED, TenantRule(blocked_channels=frozenset({"email"}))),
            "email",
            "channel_blocked_in_category",
        ),
    ],
)
def test_the_rule_that_decides_is_named(standing: Standing, channel: Channel, reason: str) -> None:
    verdict = standing.verdict(channel)
    assert verdict.reason == reason
    assert verdict.is_allowed is (reason in CONSENTS)


@given(standings, channels)
def test_there_is_always_a_reason_with_a_sentence(standing: Standing, channel: Channel) -> None:
    verdict = standing.verdict(channel)
    assert verdict.explanation == (OBJECTIONS | CONSENTS)[verdict.reason]
    assert verdict.is_allowed is (verdict.objection is None)
    if verdict.objection is not None:
        assert EXPLANATIONS[verdict.objection] == verdict.explanation


@given(standings, channels)
def test_what_is_mandatory_is_sent_unless_the_tenant_shuts_it(standing: Standing, channel: Channel) -> None:
    if standing.effective_default.requires(channel):
        assert standing.verdict(channel).is_allowed is not is_shut(standing, channel)


@given(standings, channels)
def test_what_the_tenant_shuts_is_never_sent(standing: Standing, channel: Channel) -> None:
    if is_shut(standing, channel):
        assert not standing.verdict(channel).is_allowed


@given(standings, channels)
def test_what_the_person_opted_out_of_is_sent_only_where_it_is_mandatory(standing: Standing, channel: Channel) -> None:
    choice = standing.choice
    is_out = choice is not None and (choice.preference == "opt_out" or channel in choice.opt_out_channels)
    if is_out or channel in standing.restricted:
        assert standing.verdict(channel).is_allowed is (
            standing.effective_default.requires(channel) and not is_shut(standing, channel)
        )


@given(st.tuples(defaults, defaults), st.none() | rules, choices, sets, channels)
def test_a_choice_outlasts_every_change_of_the_default(
    before_and_after: tuple[Default, Default],
    rule: TenantRule | None,
    choice: Choice,
    restricted: frozenset[Channel],
    channel: Channel,
) -> None:
    before, after = (Standing(each, rule, choice, restricted) for each in before_and_after)
    if not before.effective_default.requires(channel) and not after.effective_default.requires(channel):
        assert before.verdict(channel) == after.verdict(channel)


@given(defaults, st.none() | rules, channels)
def test_whoever_opts_in_without_naming_channels_gets_what_is_on_by_default(
    default: Default, rule: TenantRule | None, channel: Channel
) -> None:
    standing = Standing(default, rule)
    chosen = replace(standing, choice=standing.chosen("opt_in", None))
    if standing.effective_default.preference != "opt_out":
        assert chosen.verdict(channel).is_allowed is standing.verdict(channel).is_allowed
    else:
        assert chosen.verdict(channel).is_allowed is not is_shut(standing, channel)


@given(st.sets(st.text("abcdef", min_size=2, max_size=4), min_size=1), st.randoms(), st.data())
def test_the_order_of_the_tree_does_not_matter(names: set[str], chance: object, data: st.DataObject) -> None:
    categories = [
        Category(name, name, default_preference=data.draw(modes), default_opt_in_channels=data.draw(st.just(None)))
        for name in sorted(names)
    ]
    shuffled = data.draw(st.permutations(categories))

    def tree(ordered: list[Category]) -> CategoryTree:
        return CategoryTree((RootCategory("transactional", (Section(categories=tuple(ordered)),)),))

    one, other = (Preferences(defaults_of(tree(each))) for each in (categories, shuffled))
    for name in names:
        assert one.standing(1, None, name) == other.standing(1, None, name)


def test_nothing_stored_lets_everything_through() -> None:
    for category in ("system", "transactional", "promotional", "unheard-of"):
        for channel in CHANNELS:
            assert Preferences().objection(1, None, category, channel) is None


def test_people_and_tenants_do_not_share_their_word() -> None:
    known = Preferences(choices={(1, "acme", "promotional"): Choice("opt_out")})
    assert known.objection(1, "acme", "promotional", "email") == "category_opted_out"
    assert known.objection(1, None, "promotional", "email") is None
    assert known.objection(2, "acme", "promotional", "email") is None
