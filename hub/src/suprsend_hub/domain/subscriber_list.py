"""Subscriber lists: people whom one call can send to (wire.md 3.6)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.recipient import read_distinct_id

ListType: TypeAlias = Literal["static_list", "query_based"]
Verb: TypeAlias = Literal["add", "remove"]
VersionStatus: TypeAlias = Literal["draft", "live", "past"]

MOST_DISTINCT_IDS = 100_000
# Drafts that are filled at the same time; more are leftovers.
MOST_DRAFTS = 20

_LIST_ID = re.compile(r"[a-z0-9_-]{1,64}")
_VERSION_ID = re.compile(r"[0-9A-Z]{26}")


class ListForm(msgspec.Struct, frozen=True):
    """What can be said of a list; a field that is missing or null stays as it is."""

    list_id: str
    list_name: Annotated[str, Meta(max_length=255)] | None = None
    list_description: Annotated[str, Meta(max_length=1000)] | None = None
    list_type: ListType | None = None
    query: Any = None
    track_user_entry: bool | None = None
    track_user_exit: bool | None = None


class MembersForm(msgspec.Struct, frozen=True):
    """Whom to add or to remove."""

    distinct_ids: list[str]


@dataclass(frozen=True, slots=True)
class ListVersion:
    """One state of a list's members; `revision` counts how often they have changed."""

    id: int
    version_id: str
    status: VersionStatus
    subscribers_count: int
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriberList:
    """A list without its members, which are those of its live version."""

    id: int
    list_id: str
    name: str
    description: str
    list_type: ListType
    tracks_entry: bool
    tracks_exit: bool
    created_at: datetime
    updated_at: datetime
    live: ListVersion
    drafts: tuple[ListVersion, ...]

    def draft(self, version_id: str) -> ListVersion:
        """The draft of that id; Conflict if it is live by now, NotFound if there is none."""
        for each in self.drafts:
            if each.version_id == version_id:
                return each
        if self.live.version_id == version_id:
            raise Conflict(f"{version_id} is live already; start another sync to change the whole list")
        raise NotFound(f"{self.list_id!r} has no draft {version_id!r}")

    def event_of(self, verb: Verb) -> str | None:
        """The event that tells of whoever is added or removed, where the list wants that."""
        if verb == "add":
            return f"$USER_ENTERED_LIST - {self.list_id}" if self.tracks_entry else None
        return f"$USER_EXITED_LIST - {self.list_id}" if self.tracks_exit else None

    def require_members(self) -> None:
        """Refuse a list that is a query."""
        if self.list_type == "query_based":
            problem = f"{self.list_id!r} is query_based: this hub keeps its query, but it can have no members"
            raise Invalid("list_id", problem)


def read_list_id(text: str) -> str:
    """A list's id in the one form in which it is kept, or Invalid."""
    list_id = text.strip().lower()
    if not _LIST_ID.fullmatch(list_id):
        raise Invalid("list_id", "must have 1 to 64 letters, digits, - or _")
    return list_id


def read_version_id(text: str) -> str:
    """A version's id, or Invalid where it can't be one."""
    if not _VERSION_ID.fullmatch(text):
        raise Invalid("version_id", "must be the version_id of a draft, as start_sync returns it")
    return text


def read_members(distinct_ids: Sequence[str]) -> list[str]:
    """Each distinct id once, or Invalid that names the wrong one."""
    if len(distinct_ids) > MOST_DISTINCT_IDS:
        problem = f"must have at most {MOST_DISTINCT_IDS} items; has {len(distinct_ids)}. Send several calls"
        raise Invalid("distinct_ids", problem)
    read = (read_distinct_id(each, f"distinct_ids[{index}]") for index, each in enumerate(distinct_ids))
    return list(dict.fromkeys(read))
