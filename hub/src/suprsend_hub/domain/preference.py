"""Whether a channel may be used for a person and a category, and by which rule: user, then tenant, then category."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from suprsend_hub.domain.category import ROOT_TREE, Category, CategoryTree, Preference, root_of
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.template import DEFAULT_TENANT

Choosable: TypeAlias = Literal["opt_in", "opt_out"]

Objection: TypeAlias = Literal[
    "category_disabled_for_tenant",
    "category_hidden_for_tenant",
    "channel_blocked_in_category",
    "channel_restricted",
    "category_opted_out",
    "channel_opted_out",
    "off_by_tenant",
    "off_by_category",
]
Consent: TypeAlias = Literal["channel_mandatory", "category_opted_in", "on_by_tenant", "on_by_category"]

OBJECTIONS: dict[Objection, str] = {
    "category_disabled_for_tenant": "the category is switched off for this tenant",
    "category_hidden_for_tenant": "the category is hidden from the people of this tenant, and so not sent to them",
    "channel_blocked_in_category": "the tenant blocks this channel in this category",
    "channel_restricted": "the user wants only what is mandatory on this channel",
    "category_opted_out": "the user opted out of this category",
    "channel_opted_out": "the user opted out of this channel in this category",
    "off_by_tenant": "the tenant's default leaves this off, and the user did not opt in",
    "off_by_category": "the category's default leaves this off, and the user did not opt in",
}
CONSENTS: dict[Consent, str] = {
    "channel_mandatory": "the channel is mandatory in this category",
    "category_opted_in": "the user opted in to this category",
    "on_by_tenant": "the tenant's default is on",
    "on_by_category": "the category's default is on",
}

_SENTENCES: Mapping[Objection | Consent, str] = OBJECTIONS | CONSENTS


@dataclass(frozen=True, slots=True)
class Default:
    """What holds for whoever chose nothing; channels that are None are all of them."""

    preference: Preference
    mandatory_channels: frozenset[Channel] | None = None
    opt_in_channels: frozenset[Channel] | None = None

    def requires(self, channel: Channel) -> bool:
        """Whether nobody can opt out of this channel."""
        if self.preference != "cant_unsubscribe":
            return False
        return self.mandatory_channels is None or channel in self.mandatory_channels

    def has_on(self, channel: Channel) -> bool:
        """Whether a person who chose nothing gets this on the channel."""
        if self.requires(channel):
            return True
        return self.preference != "opt_out" and (self.opt_in_channels is None or channel in self.opt_in_channels)


@dataclass(frozen=True, slots=True)
class TenantRule:
    """What a tenant says of a category; None is: as the category says."""

    enabled: bool = True
    visible: bool = True
    preference: Preference | None = None
    mandatory_channels: frozenset[Channel] | None = None
    opt_in_channels: frozenset[Channel] | None = None
    blocked_channels: frozenset[Channel] = frozenset()

    def over(self, default: Default) -> Default:
        """The default as this tenant has it."""
        return Default(
            self.preference or default.preference,
            default.mandatory_channels if self.mandatory_channels is None else self.mandatory_channels,
            default.opt_in_channels if self.opt_in_channels is None else self.opt_in_channels,
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person said of a category."""

    preference: Choosable
    opt_out_channels: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a channel may be used, and by which rule."""

    reason: Objection | Consent

    @property
    def is_allowed(self) -> bool:
        """Whether the channel may be used."""
        return self.objection is None

    @property
    def objection(self) -> Objection | None:
        """Why the channel may not be used, or None."""
        return next((each for each in OBJECTIONS if each == self.reason), None)

    @property
    def explanation(self) -> str:
        """The rule, as a sentence."""
        return _SENTENCES[self.reason]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that bears on one person and one category."""

    default: Default
    rule: TenantRule | None = None
    choice: Choice | None = None
    restricted: frozenset[Channel] = frozenset()

    @property
    def effective_default(self) -> Default:
        """What holds while the person chooses nothing: the tenant's word, where it has one, over the category's."""
        return self.rule.over(self.default) if self.rule else self.default

    @property
    def is_offered(self) -> bool:
        """Whether the person gets this category, and may see it, at all."""
        return self.rule is None or (self.rule.enabled and self.rule.visible)

    @property
    def is_editable(self) -> bool:
        """Whether the person may opt out of the category as a whole."""
        return self.effective_default.preference != "cant_unsubscribe"

    @property
    def preference(self) -> Choosable:
        """What holds for the category as a whole: the person's word, else the default."""
        if not self.is_editable or self.choice is None:
            return "opt_out" if self.effective_default.preference == "opt_out" else "opt_in"
        return self.choice.preference

    def verdict(self, channel: Channel) -> Verdict:
        """Whether this channel may be used."""
        return Verdict(self._tenants_objection(channel) or self._persons_word(channel) or self._defaults_word(channel))

    def in_category(self, channel: Channel) -> Verdict:
        """The verdict as it is where the person restricts no channel as a whole."""
        return Standing(self.default, self.rule, self.choice).verdict(channel)

    def would_use(self, channel: Channel) -> bool:
        """Whether the channel is used once the category is on and no channel is restricted as a whole."""
        default = self.effective_default
        if default.requires(channel):
            return True
        if self.choice is not None and (self.choice.preference == "opt_in" or self.choice.opt_out_channels):
            return channel not in self.choice.opt_out_channels
        return default.preference == "opt_out" or default.has_on(channel)

    def left_off(self, shown: Collection[Channel], wanted: Collection[Channel]) -> list[Channel]:
        """The channels that stay off for whoever wanted these of the shown; what was not shown stays as it is."""
        return [
            channel
            for channel in CHANNELS
            if not self.effective_default.requires(channel)
            and not (channel in wanted if channel in shown else self.would_use(channel))
        ]

    def chosen(self, preference: Choosable, opt_out_channels: Iterable[Channel] | None) -> Choice:
        """The choice that a person makes now; without channels, those that the default leaves off stay off."""
        if opt_out_channels is not None:
            return Choice(preference, frozenset(opt_out_channels))
        if preference == "opt_out":
            return Choice(preference, self.choice.opt_out_channels if self.choice else frozenset())
        # What is fixed here stays so: no later change of the default turns it on or off.
        default = self.effective_default
        if default.preference == "opt_out":
            return Choice(preference)
        return Choice(preference, frozenset(channel for channel in CHANNELS if not default.has_on(channel)))

    def _tenants_objection(self, channel: Channel) -> Objection | None:
        if self.rule is None:
            return None
        if not self.rule.enabled:
            return "category_disabled_for_tenant"
        if not self.rule.visible:
            return "category_hidden_for_tenant"
        return "channel_blocked_in_category" if channel in self.rule.blocked_channels else None

    def _persons_word(self, channel: Channel) -> Objection | Consent | None:
        if self.effective_default.requires(channel):
            return "channel_mandatory"
        if channel in self.restricted:
            return "channel_restricted"
        if self.choice is None:
            return None
        if self.choice.preference == "opt_out":
            return "category_opted_out"
        return "channel_opted_out" if channel in self.choice.opt_out_channels else "category_opted_in"

    def _defaults_word(self, channel: Channel) -> Objection | Consent:
        by_tenant = self.rule is not None and self.effective_default != self.default
        if self.effective_default.has_on(channel):
            return "on_by_tenant" if by_tenant else "on_by_category"
        return "off_by_tenant" if by_tenant else "off_by_category"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What was read for some profiles, by their rows, tenants and categories; empty where nobody ever stored any."""

    defaults: Mapping[str, Default] = field(default_factory=dict)
    rules: Mapping[tuple[str, str], TenantRule] = field(default_factory=dict)
    choices: Mapping[tuple[int, str, str], Choice] = field(default_factory=dict)
    restricted: Mapping[tuple[int, str], frozenset[Channel]] = field(default_factory=dict)

    def standing(self, profile_id: int | None, tenant_id: str | None, category: str) -> Standing:
        """What bears on a person, or an object, and a category, for messages of this tenant."""
        # Nobody's row has the id 0.
        tenant, person = tenant_id or DEFAULT_TENANT, profile_id or 0
        return Standing(
            self.defaults.get(category) or default_of_root(category),
            self.rules.get((tenant, category)),
            self.choices.get((person, tenant, category)),
            self.restricted.get((person, tenant), frozenset()),
        )

    def objection(
        self, profile_id: int | None, tenant_id: str | None, category: str, channel: Channel
    ) -> Objection | None:
        """Why a channel must not be used for a person or an object, or None."""
        if not (self.defaults or self.rules or self.choices or self.restricted):
            # No root leaves a channel off.
            return None
        return self.standing(profile_id, tenant_id, category).verdict(channel).objection


def defaults_of(tree: CategoryTree) -> dict[str, Default]:
    """The defaults of a tree's categories, by name."""
    return {each.category.category: default_of(each.category) for each in tree.entries()}


def default_of(category: Category) -> Default:
    """What a category says of those who choose nothing."""
    return Default(
        category.default_preference,
        channel_set(category.default_mandatory_channels),
        channel_set(category.default_opt_in_channels),
    )


def default_of_root(category: str) -> Default:
    """The default of a category that no tree has: that of its root."""
    return _ROOT_DEFAULTS[root_of(category)]


def channel_set(channels: Iterable[Channel] | None) -> frozenset[Channel] | None:
    """Channels as a set; None where there are none, which means all."""
    return frozenset(channels or ()) or None


_ROOT_DEFAULTS: Mapping[str, Default] = defaults_of(ROOT_TREE)
