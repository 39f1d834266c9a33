"""What the bodies of preferences may say, and how it is read."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_preferences import WantedChoice
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.preference import Choosable
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.reading import refuse_depth
from suprsend_hub.domain.recipient import read_distinct_id

MOST_USERS = 1000

_Channels = Annotated[list[Channel], Meta(max_length=50)]
_DistinctIds = Annotated[list[str], Meta(min_length=1, max_length=MOST_USERS)]


class ChoiceForm(Struct, frozen=True):
    """What somebody wants of a category."""

    preference: Choosable
    opt_out_channels: _Channels | None = None
    digest_schedule: dict[str, Any] | None = None
    properties: dict[str, Any] | list[dict[str, Any]] | None = None


class RestrictionForm(Struct, frozen=True):
    """Whether somebody wants only what is mandatory on a channel."""

    channel: Channel
    is_restricted: bool


class ChannelsForm(Struct, frozen=True):
    """What somebody wants of channels as a whole; those not named stay as they are."""

    channel_preferences: Annotated[list[RestrictionForm], Meta(max_length=50)]


class NamedChoiceForm(Struct, frozen=True):
    """What several people want of a category."""

    category: str
    preference: Choosable
    opt_out_channels: _Channels | None = None
    digest_schedule: dict[str, Any] | None = None
    properties: dict[str, Any] | list[dict[str, Any]] | None = None


class BulkForm(Struct, frozen=True):
    """The same for several users."""

    distinct_ids: _DistinctIds
    channel_preferences: Annotated[list[RestrictionForm], Meta(max_length=50)] | None = None
    categories: Annotated[list[NamedChoiceForm], Meta(max_length=100)] | None = None


class ResetForm(Struct, frozen=True):
    """What becomes the default again for several users."""

    distinct_ids: _DistinctIds
    reset_channel_preferences: bool | None = None
    reset_categories: bool | None = None


CHOICE = msgspec.json.Decoder(ChoiceForm)
CHANNELS = msgspec.json.Decoder(ChannelsForm)
BULK = msgspec.json.Decoder(BulkForm)
RESET = msgspec.json.Decoder(ResetForm)

CHOICE_EXAMPLE = {"preference": "opt_in", "opt_out_channels": ["sms"]}
CHANNELS_EXAMPLE = {"channel_preferences": [{"channel": "email", "is_restricted": True}]}
BULK_EXAMPLE = {"distinct_ids": ["user-1"], "categories": [{"category": "promotional", "preference": "opt_out"}]}
RESET_EXAMPLE = {"distinct_ids": ["user-1"], "reset_categories": True, "reset_channel_preferences": False}


def read_choice(form: ChoiceForm | NamedChoiceForm) -> WantedChoice:
    """The choice that a form means."""
    refuse_depth(form.digest_schedule, "digest_schedule")
    refuse_depth(form.properties, "properties")
    return WantedChoice(form.preference, form.opt_out_channels, form.digest_schedule, form.properties)


def read_choices(forms: list[NamedChoiceForm]) -> dict[str, WantedChoice]:
    """The choices that forms mean, by category; Invalid where one is named twice."""
    named: dict[str, WantedChoice] = {}
    for index, form in enumerate(forms):
        if form.category in named:
            raise Invalid(f"categories[{index}].category", f"{form.category[:100]!r} is named twice")
        try:
            named[form.category] = read_choice(form)
        except Invalid as fault:
            raise fault.within(f"categories[{index}]") from None
    return named


def read_restrictions(forms: list[RestrictionForm]) -> dict[Channel, bool]:
    """Which channels are restricted from now on, and which are not any more."""
    return {form.channel: form.is_restricted for form in forms}


def read_keys(distinct_ids: list[str]) -> list[ProfileKey]:
    """The users that a body names, each once."""
    read = [read_distinct_id(each, f"distinct_ids[{index}]") for index, each in enumerate(distinct_ids)]
    return [ProfileKey(each) for each in dict.fromkeys(read)]
