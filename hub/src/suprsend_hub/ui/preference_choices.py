"""What a preference centre shows: sections, their categories, and what can be chosen in each."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from suprsend_hub.actions.read_preferences import PersonPicture
from suprsend_hub.domain.category import Entry
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.tag_filter import read_tag_filter

CHANNEL_NAMES: Mapping[Channel, str] = {
    "androidpush": "Android push",
    "iospush": "iPhone push",
    "webpush": "Browser push",
    "email": "Email",
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "slack": "Slack",
    "inbox": "In-app inbox",
    "messenger": "Messenger",
    "ms_teams": "Microsoft Teams",
}


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """A channel with its switch; one that is mandatory is on, and has none."""

    channel: Channel
    label: str
    is_on: bool
    is_mandatory: bool = False
    is_restricted: bool = False


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A category with its switch, unless nobody can opt out of it; `why` says then who decided that."""

    slug: str
    name: str
    description: str
    is_on: bool
    is_editable: bool
    why: str
    channels: list[ChannelChoice]


@dataclass(frozen=True, slots=True)
class SectionChoices:
    """Categories that are shown together."""

    name: str
    description: str
    categories: list[CategoryChoice]


@dataclass(frozen=True, slots=True)
class Choices:
    """A whole preference centre."""

    channels: list[ChannelChoice]
    sections: list[SectionChoices]


def choices_of(picture: PersonPicture, sender: str) -> Choices:
    """What a person can choose of the messages that this sender sends."""
    shown = picture.shown(read_tag_filter(None))
    restricted = picture.person.restricted
    return Choices(
        [ChannelChoice(each, CHANNEL_NAMES[each], each not in restricted) for each in picture.channels],
        [
            SectionChoices(
                section.name or "",
                section.description or "",
                [_category(picture, each, sender or "The sender") for each in entries],
            )
            for (_, section), entries in groupby(shown, key=lambda each: (each.root, each.section))
        ],
    )


def _category(picture: PersonPicture, entry: Entry, sender: str) -> CategoryChoice:
    standing = picture.standing(entry)
    blocked = standing.rule.blocked_channels if standing.rule else frozenset[Channel]()
    channels = [
        ChannelChoice(
            each,
            CHANNEL_NAMES[each],
            standing.would_use(each),
            standing.effective_default.requires(each),
            each in picture.person.restricted,
        )
        for each in picture.channels
        if each not in blocked
    ]
    free = any(not each.is_mandatory for each in channels)
    why = f"{sender} needs to reach you with these, so they can’t be switched off"
    return CategoryChoice(
        entry.category.category,
        entry.category.name,
        entry.category.description or "",
        standing.preference == "opt_in",
        standing.is_editable,
        "" if standing.is_editable else f"{why} altogether." if free else f"{why}.",
        channels,
    )
