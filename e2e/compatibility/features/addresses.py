"""Addresses on every channel: one is added and stays, another is added and removed again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from e2e.compatibility.proofs import is_reached_at
from e2e.compatibility.steps import Subject


@dataclass(frozen=True, slots=True)
class Addresses:
    """How a channel's addresses are given to a client, and by which name the vendor's stand-in knows each."""

    channel: str
    kept: list[Any]
    gone: list[Any]
    kept_name: str
    gone_name: str


def addresses(subject: Subject) -> Mapping[str, Addresses]:
    """Two addresses of somebody on each channel, by the name of the feature."""

    def texts(channel: str, kept: str, gone: str, *more: Any) -> Addresses:
        return Addresses(channel, [kept, *more], [gone, *more], kept, gone)

    def tokens(channel: str, *provider: str) -> Addresses:
        # A provider's stand-in knows a token wherever it comes from, so each has its own.
        prefix = "-".join(("device", *provider))
        return texts(channel, subject.token(f"{prefix}-kept"), subject.token(f"{prefix}-gone"), *provider)

    kept, gone = subject.token("kept"), subject.token("gone")
    return {
        "email": texts("email", subject.email("kept"), subject.email("gone")),
        "sms": texts("sms", subject.phone(1), subject.phone(2)),
        "whatsapp": texts("whatsapp", subject.phone(3), subject.phone(4)),
        "androidpush": tokens("androidpush"),
        "androidpush_fcm": tokens("androidpush", "fcm"),
        "androidpush_xiaomi": tokens("androidpush", "xiaomi"),
        "androidpush_oppo": tokens("androidpush", "oppo"),
        "iospush": tokens("iospush"),
        "iospush_apns": tokens("iospush", "apns"),
        "webpush": Addresses("webpush", [_browser(subject, kept)], [_browser(subject, gone)], kept, gone),
        "webpush_vapid": Addresses(
            "webpush", [_browser(subject, kept), "vapid"], [_browser(subject, gone), "vapid"], kept, gone
        ),
        "slack": Addresses(
            "slack",
            [{"access_token": "xoxb-1", "email": f"{kept}@example.com"}],
            [{"access_token": "xoxb-1", "email": f"{gone}@example.com"}],
            f"U{kept.upper()}",
            f"U{gone.upper()}",
        ),
        "ms_teams": Addresses("ms_teams", [_teams(subject, kept)], [_teams(subject, gone)], kept, gone),
    }


def are_kept_and_gone(subject: Subject, name: str, person: str = "") -> None:
    """See that a trigger reaches the address that stays, and not the other."""
    each = addresses(subject)[name]
    is_reached_at(subject.hub, person or subject.id, each.channel, each.kept_name, each.gone_name)


def _browser(subject: Subject, name: str) -> dict[str, Any]:
    subscription: dict[str, Any] = subject.hub.get(f"/dev/browser/{name}/")
    return subscription


def _teams(subject: Subject, name: str) -> dict[str, Any]:
    """Somebody in Teams, as its stand-in knows them; made up where there is none."""
    answer = subject.hub.request("GET", f"/dev/ms_teams/{name}/")
    if answer.status == 200:
        person: dict[str, Any] = answer.json()["person"]
        return person
    return {"service_url": "https://smba.trafficmanager.net/emea/", "user_id": f"29:{name}", "tenant_id": "t"}
