"""The rules of a workflow body, as the platform documents them."""

from __future__ import annotations

from suprsend.resources.schema import (
    Check,
    Text,
    array,
    boolean,
    choice,
    choices,
    either_by_type,
    mapping,
    matching,
    one_or_more,
    record,
    shown,
    text_or,
)

CHANNELS = (
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
)

_word = Text(2)
_channels = choices(*CHANNELS)
_email = matching(r"^\S+@\S+\.\S+$", "an email address of 6 to 127 characters", 6, 127)
_mobile = matching(r"^\+[0-9\s]+", "a number of at least 8 characters that starts with + and its country code", 8)


def _push_token(*providers: str) -> Check:
    return record(
        {
            "token": Text(1),
            "provider": choice(*providers),
            "device_id": Text(or_null=True),
            "bundle_id": Text(or_null=True),
        },
        ("token", "provider"),
        is_closed=True,
    )


_android_token = _push_token("fcm", "xiaomi", "oppo")
_ios_token = _push_token("apns")


def _web_push(value: object) -> str | None:
    return None if isinstance(value, dict) and value else f" must be a non-empty object, not {shown(value)}"


_slack = record(
    {
        "access_token": matching(r"^xox", "a token that begins with xox"),
        "channel_id": matching(r"^[cC][a-zA-Z0-9]+$", "a channel id such as C0123"),
        "user_id": matching(r"^[uUwW][a-zA-Z0-9]+$", "a member id such as U0123 or W0123"),
        "email": _email,
        "incoming_webhook": record(
            {"url": matching(r"^https://hooks\.slack\.com/", "a URL below https://hooks.slack.com/")},
            is_closed=False,
        ),
    },
    is_closed=True,
)

_ms_teams = record(
    {
        "tenant_id": Text(),
        "service_url": matching(r"^https://smba\.trafficmanager\.net/", "a URL below https://smba.trafficmanager.net/"),
        "conversation_id": Text(),
        "user_id": Text(),
        "incoming_webhook": record({"url": Text()}, is_closed=False),
    },
    is_closed=True,
)

_about_user: dict[str, Check] = {
    "distinct_id": Text(or_null=True),
    "is_transient": boolean(or_null=True),
    "$channels": _channels,
    "$webpush": one_or_more(_web_push),
    "$slack": one_or_more(_slack),
    "$ms_teams": one_or_more(_ms_teams),
    "$preferred_language": Text(or_null=True),
    "$locale": Text(or_null=True),
    "$timezone": Text(or_null=True),
}

user = record(
    {
        **_about_user,
        "$email": one_or_more(_email),
        "$sms": one_or_more(_mobile),
        "$whatsapp": one_or_more(_mobile),
        "$androidpush": either_by_type(_android_token, _word),
        "$iospush": either_by_type(_ios_token, _word),
        "$inbox": one_or_more(_word),
        "$messenger": one_or_more(_word),
    },
    is_closed=True,
)

_some_text = Text(1)
_recipient = text_or(
    record(
        {
            **_about_user,
            "$email": one_or_more(_some_text),
            "$sms": one_or_more(_some_text),
            "$whatsapp": one_or_more(_some_text),
            "$androidpush": one_or_more(_android_token),
            "$iospush": one_or_more(_ios_token),
            "$inbox": one_or_more(_some_text),
            "$messenger": one_or_more(_some_text),
        },
        is_closed=False,
    )
)

_delivery = record(
    {
        "smart": boolean(),
        "success": Text(),
        "time_to_live": Text(),
        "mandatory_channels": _channels,
    },
    is_closed=True,
)


def _delay(value: object) -> str | None:
    if isinstance(value, str):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == value // 1:
        return None
    return f" must be a duration such as 1d2h30m10s or whole seconds from 0, not {shown(value)}"


workflow = record(
    {
        "name": _word,
        "template": _word,
        "notification_category": _word,
        "users": array(user, 1, 100),
        "data": mapping,
        "delivery": _delivery,
        "delay": _delay,
        "trigger_at": _word,
        "tenant_id": Text(longest=64, or_null=True),
        "brand_id": Text(longest=64, or_null=True),
        "$idempotency_key": Text(longest=255, or_null=True),
    },
    ("name", "template", "notification_category", "users", "data"),
    is_closed=False,
)

trigger_request = record(
    {
        "workflow": _some_text,
        "recipients": array(_recipient, 1),
        "actor": _recipient,
        "data": mapping,
        "metadata": mapping,
        "tenant_id": Text(longest=64, or_null=True),
        "cancellation_key": Text(longest=255, or_null=True),
        "$idempotency_key": Text(longest=255, or_null=True),
    },
    ("workflow", "recipients", "data"),
    is_closed=True,
)

broadcast = record(
    {
        "list_id": Text(1),
        "template": _word,
        "notification_category": _word,
        "channels": _channels,
        "data": mapping,
        "delay": _delay,
        "trigger_at": Text(),
        "tenant_id": Text(longest=64, or_null=True),
        "brand_id": Text(longest=64, or_null=True),
        "$idempotency_key": Text(longest=255, or_null=True),
    },
    ("list_id", "template", "notification_category", "data"),
    is_closed=False,
)
