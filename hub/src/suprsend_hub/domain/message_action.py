"""What a program may tell of messages in bulk, and which of it is taken (wire.md 3.12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.inbox_change import Action
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.receipt import Happening

MessageAction: TypeAlias = Literal["seen", "clicked", "dismissed", "read", "unread", "archived", "unarchived"]
MESSAGE_ACTIONS: tuple[MessageAction, ...] = get_args(MessageAction)

_PUSH: frozenset[Channel] = frozenset({"androidpush", "iospush"})
_INBOX: frozenset[Channel] = frozenset({"inbox"})
_CHANNELS: Mapping[MessageAction, frozenset[Channel]] = MappingProxyType(
    {
        "seen": frozenset(CHANNELS),
        "clicked": frozenset(CHANNELS),
        "dismissed": _PUSH,
        "read": _INBOX,
        "unread": _INBOX,
        "archived": _INBOX,
        "unarchived": _INBOX,
    }
)

# What each means for the message itself, and for its notification in the inbox.
HAPPENING_OF: Mapping[MessageAction, Happening] = MappingProxyType(
    {"seen": "seen", "clicked": "clicked", "dismissed": "dismissed", "read": "seen"}
)
INBOX_ACTION_OF: Mapping[MessageAction, Action] = MappingProxyType(
    {
        "seen": "seen",
        "clicked": "interacted",
        "read": "read",
        "unread": "unread",
        "archived": "archive",
        "unarchived": "unarchive",
    }
)

_NOT_SENT: frozenset[Status] = frozenset(
    {"to_be_triggered", "not_to_be_triggered", "trigger_failed", "delivery_failure"}
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action on one message is not done."""

    status_code: int
    kind: Literal["not_found", "action_not_supported", "status_blocked"]
    message: str


def refuse_action(action: MessageAction, channel: Channel | None, status: Status | None) -> Refusal | None:
    """Why an action is not taken of a message on this channel in this state; None for both where there is none."""
    if channel is None or status is None:
        return Refusal(404, "not_found", "there is no such message")
    if channel not in _CHANNELS[action]:
        taken = ", ".join(each for each in CHANNELS if each in _CHANNELS[action])
        return Refusal(422, "action_not_supported", f"{action} is for {taken}; this message is for {channel}")
    if status in _NOT_SENT:
        return Refusal(422, "status_blocked", f"a message that is {status} has reached nobody")
    return None
