"""Changing what people want: each call is one transaction, and what returns is what holds from now on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.read_preferences import PersonPicture, read_picture
from suprsend_hub.domain.category import Entry
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.preference import Choice, Choosable, Standing
from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.domain.suppression import AddressUse, suppressible
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profile_preferences import (
    StoredChoice,
    forget_choices,
    forget_restrictions,
    put_choices,
    restrict_channels,
)
from suprsend_hub.store.profiles import lock_existing, lock_profiles
from suprsend_hub.store.suppressions import lift_unsubscriptions


@dataclass(frozen=True, slots=True)
class WantedChoice:
    """What somebody wants of a category; without channels, the default decides them once more."""

    preference: Choosable
    opt_out_channels: Sequence[Channel] | None = None
    digest_schedule: Any = None
    properties: Any = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose word it is: of which workspace, for messages of which tenant."""

    workspace_id: int
    tenant_id: str


async def choose(
    pool: Pool,
    scope: Scope,
    key: ProfileKey,
    category: str,
    wanted: WantedChoice,
    now: datetime,
    *,
    locale: str | None = None,
    along: Along = nothing_along,
) -> tuple[PersonPicture, Entry]:
    """Let somebody choose for one category."""

    async def work(connection: Connection) -> tuple[PersonPicture, Entry]:
        stored = (await lock_profiles(connection, scope.workspace_id, [key], now))[key]
        picture = await read_picture(connection, scope.workspace_id, stored.id, scope.tenant_id)
        entry = find_or_refuse(picture, category)
        choice = _choice(picture.standing(entry), wanted)
        kept = {category: StoredChoice(choice, wanted.digest_schedule, wanted.properties)}
        await put_choices(connection, scope.workspace_id, [stored.id], scope.tenant_id, kept, now)
        await _begin_again(connection, scope.workspace_id, [stored.profile], {category: choice}, now)
        await along(connection)
        after = await read_picture(connection, scope.workspace_id, stored.id, scope.tenant_id, locale)
        return after, find_or_refuse(after, category)

    return await transact(pool, work)


async def restrict(
    pool: Pool,
    scope: Scope,
    key: ProfileKey,
    wanted: Mapping[Channel, bool],
    now: datetime,
    along: Along = nothing_along,
) -> PersonPicture:
    """Let somebody restrict channels to what is mandatory, or take that back."""

    async def work(connection: Connection) -> PersonPicture:
        stored = (await lock_profiles(connection, scope.workspace_id, [key], now))[key]
        await restrict_channels(connection, scope.workspace_id, [stored.id], scope.tenant_id, wanted, now)
        await along(connection)
        return await read_picture(connection, scope.workspace_id, stored.id, scope.tenant_id)

    return await transact(pool, work)


async def choose_for_many(
    pool: Pool,
    scope: Scope,
    keys: Sequence[ProfileKey],
    categories: Mapping[str, WantedChoice],
    channels: Mapping[Channel, bool],
    now: datetime,
) -> None:
    """Let all these users choose the same; nothing is changed where one of the categories can't be chosen so."""

    async def work(connection: Connection) -> None:
        nobody = await read_picture(connection, scope.workspace_id, None, scope.tenant_id)
        choices: dict[str, StoredChoice] = {}
        for index, (category, wanted) in enumerate(categories.items()):
            entry = nobody.find(category)
            if entry is None:
                raise Invalid(f"categories[{index}].category", f"there is no category {category!r}")
            try:
                choice = _choice(nobody.standing(entry), wanted)
            except Invalid as fault:
                raise fault.within(f"categories[{index}]") from None
            choices[category] = StoredChoice(choice, wanted.digest_schedule, wanted.properties)
        locked = await lock_profiles(connection, scope.workspace_id, keys, now)
        profile_ids = [each.id for each in locked.values()]
        await put_choices(connection, scope.workspace_id, profile_ids, scope.tenant_id, choices, now)
        await restrict_channels(connection, scope.workspace_id, profile_ids, scope.tenant_id, channels, now)
        profiles = [each.profile for each in locked.values()]
        chosen = {category: stored.choice for category, stored in choices.items()}
        await _begin_again(connection, scope.workspace_id, profiles, chosen, now)

    await transact(pool, work)


async def reset_many(pool: Pool, scope: Scope, keys: Sequence[ProfileKey], *, categories: bool, channels: bool) -> None:
    """Let the defaults hold again for these users."""

    async def work(connection: Connection) -> None:
        profile_ids = [each.id for each in (await lock_existing(connection, scope.workspace_id, keys)).values()]
        if categories:
            await forget_choices(connection, profile_ids, scope.tenant_id)
        if channels:
            await forget_restrictions(connection, profile_ids, scope.tenant_id)

    await transact(pool, work)


def find_or_refuse(picture: PersonPicture, category: str) -> Entry:
    """The category of that name, or NotFound."""
    entry = picture.find(category)
    if entry is None:
        raise NotFound(f"there is no category {category[:100]!r}")
    return entry


def _choice(standing: Standing, wanted: WantedChoice) -> Choice:
    if wanted.preference == "opt_out" and not standing.is_editable:
        raise Invalid("preference", "nobody can opt out of this category; name opt_out_channels to leave some")
    for index, channel in enumerate(wanted.opt_out_channels or ()):
        if standing.effective_default.requires(channel):
            raise Invalid(f"opt_out_channels[{index}]", f"{channel!r} is mandatory in this category")
    return standing.chosen(wanted.preference, wanted.opt_out_channels)


async def _begin_again(
    connection: Connection,
    workspace_id: int,
    profiles: Iterable[Profile],
    choices: Mapping[str, Choice],
    now: datetime,
) -> None:
    """Whoever opts in again gets mails again: what the link in a mail had ended is no more."""

    def uses() -> Iterator[AddressUse]:
        for profile in profiles:
            for identity in profile.identities:
                address = suppressible(identity.channel, identity.provider, identity.value)
                for category, choice in choices.items():
                    is_in = choice.preference == "opt_in" and identity.channel not in choice.opt_out_channels
                    if address is not None and is_in:
                        yield AddressUse(address, category)

    await lift_unsubscriptions(connection, workspace_id, uses(), now)
