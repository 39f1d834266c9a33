"""The channels of the protocol, as wire.md 3.1 names them."""

from typing import Literal, TypeAlias, get_args

Channel: TypeAlias = Literal[
    "androidpush",
    "iospush",
    "webpush",
    "email",
    "sms",
    "whatsapp",
    "slack",
    "inbox",
    "messenger",
    "ms_teams",
]

CHANNELS: tuple[Channel, ...] = get_args(Channel)
