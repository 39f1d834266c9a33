"""What changed in an inbox, as the processes tell it to one another: ids, never contents."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from suprsend_hub.domain.inbox import Inbox

# What a person does to notifications.
Action: TypeAlias = Literal["seen", "read", "unread", "interacted", "archive", "unarchive"]
# Beside that: a new one, all read, and the bell's number gone.
Kind: TypeAlias = Action | Literal["new", "read_all", "bell"]

# PostgreSQL takes texts of less than 8,000 bytes.
MOST_BYTES = 7_500
# With the longest name of a person and of a tenant, written as escapes, that is less than half of it.
MOST_IDS = 50


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One thing that happened to notifications of one inbox; all of them where there are no ids."""

    workspace_id: int
    distinct_id: str
    tenant_id: str
    kind: Kind
    notification_ids: tuple[str, ...] = ()

    @property
    def inbox(self) -> Inbox:
        """Whose inbox it was."""
        return Inbox(self.workspace_id, self.distinct_id, self.tenant_id)


_CHANGES = msgspec.json.Decoder(list[Change])


def changes_of(inbox: Inbox, kind: Kind, notification_ids: Sequence[str] = ()) -> list[Change]:
    """What happened to an inbox, in changes of so many ids that each fits into one text."""
    key = (inbox.workspace_id, inbox.distinct_id, inbox.tenant_id)
    starts = range(0, len(notification_ids), MOST_IDS) if notification_ids else [0]
    return [Change(*key, kind, tuple(notification_ids[start : start + MOST_IDS])) for start in starts]


def write_changes(changes: Iterable[Change]) -> Iterator[str]:
    """The changes as few texts, none longer than PostgreSQL takes."""
    together: list[bytes] = []
    size = 0
    for change in changes:
        text = msgspec.json.encode(change)
        if together and size + len(text) > MOST_BYTES:
            yield _joined(together)
            together, size = [], 0
        together.append(text)
        size += len(text) + 1
    if together:
        yield _joined(together)


def read_changes(text: str) -> list[Change]:
    """The changes in a text; ValueError where it is none of ours."""
    try:
        return _CHANGES.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a list of changes: {error}") from None


def _joined(texts: Sequence[bytes]) -> str:
    return f"[{b','.join(texts).decode()}]"
