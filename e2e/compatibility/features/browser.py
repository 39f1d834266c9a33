"""What a page does with the browser's client: who is there, their profile, preferences and pushes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from suprsend_hub.vendors.json_web_token import load_es256_key, sign_es256

from e2e.compatibility.features.addresses import addresses, are_kept_and_gone
from e2e.compatibility.features.events import OPENED, climb, stops_the_ladder
from e2e.compatibility.features.preferences import find_category, is_silenced
from e2e.compatibility.features.profiles import has_the_properties
from e2e.compatibility.features.users import introduce
from e2e.compatibility.proofs import PATIENCE_SECONDS, is_not_reached_on, is_reached_at, known_of, mails_to
from e2e.compatibility.scene import CATEGORY, EVENT, TEMPLATE
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, saved
from e2e.running import until

# How each of the client's methods names a channel.
CHANNELS = {
    "email": "Email",
    "sms": "Sms",
    "whatsapp": "Whatsapp",
    "webpush": "WebPush",
    "slack": "Slack",
    "ms_teams": "MSTeams",
}
# The client writes what was set only after a second, and tells its page.
WRITTEN = call("stage.arrived", saved("later"))

Steps = Callable[[Subject], list[Step]]


def identified(steps: Steps) -> Steps:
    """Say who it is, as every page does first."""
    return lambda subject: [call("identify", subject.id), *steps(subject)]


def message(subject: Subject, channel: str = "inbox", **changes: Any) -> dict[str, Any]:
    """What the app's own server triggers while somebody looks at the page."""
    return {
        "name": "Look at it",
        "template": TEMPLATE,
        "notification_category": "transactional",
        "users": [{"distinct_id": subject.id, "$channels": [channel]}],
        "data": {"code": "first"},
        **changes,
    }


def _properties(subject: Subject) -> list[Step]:
    return [
        call("user.set", "plan", "free"),
        call("user.set", plan="gold", shoes=44),
        call("user.setOnce", "since", 2024),
        call("user.setOnce", since=2025),
        call("user.increment", "visits", 5),
        call("user.increment", visits=-1),
        call("user.append", "tags", "a"),
        call("user.append", tags="b"),
        call("user.remove", "tags", "a"),
        call("user.unset", "shoes"),
        call("user.unset", ["hats", "gloves"]),
    ]


def _settings(subject: Subject) -> list[Step]:
    return [call("user.setPreferredLanguage", "de"), call("user.setTimezone", "Europe/Berlin")]


def _settings_are_known(subject: Subject, values: Values) -> None:
    told = known_of(subject.hub, subject.id)
    assert (told["$preferred_language"], told["$timezone"]) == ("de", "Europe/Berlin"), told


def _address(channel: str) -> Feature:
    def steps(subject: Subject) -> list[Step]:
        each, name = addresses(subject)[channel], CHANNELS[channel]
        return [
            call(f"user.add{name}", each.gone[0]),
            call(f"user.add{name}", each.kept[0]),
            call(f"user.remove{name}", each.gone[0]),
        ]

    return Feature(identified(steps), lambda who, values: are_kept_and_gone(who, channel))


def _identify(subject: Subject) -> list[Step]:
    return [call("identify", subject.id), call("isIdentified"), call("identify", subject.id)]


def _is_known(subject: Subject, values: Values) -> None:
    assert values[1] is True, values
    assert known_of(subject.hub, subject.id)["distinct_id"] == subject.id


def _identify_with_token(subject: Subject) -> list[Step]:
    options = {"host": subject.hub.base_url}
    return [
        call("SuprSend", subject.keys["secure_public_key"], save="client", **options),
        call("client.identify", subject.id, user_token(subject)),
        call("client.isIdentified", True),
        call("client.user.set", "plan", "gold"),
    ]


def user_token(subject: Subject) -> str:
    """What the app's backend signs for somebody."""
    pem = subject.keys["signing_key"]
    if not pem:
        return "there is no key to sign with"
    # The hub's clock may be ahead of ours.
    expiry = datetime.now(UTC) + timedelta(days=30)
    claims = {"entity_type": "subscriber", "entity_id": subject.id, "exp": int(expiry.timestamp())}
    return sign_es256(load_es256_key(pem, "signing_key"), {"typ": "JWT"}, claims)


def _plan_is_gold(subject: Subject, values: Values) -> None:
    assert known_of(subject.hub, subject.id)["plan"] == "gold"


def _reset(subject: Subject) -> list[Step]:
    return [call("user.addEmail", subject.email()), call("reset"), call("isIdentified")]


def _is_forgotten(subject: Subject, values: Values) -> None:
    assert values[-1] is False, values
    is_reached_at(subject.hub, subject.id, "email", subject.email())


def _preferences(subject: Subject) -> list[Step]:
    return [call("user.preferences.getPreferences")]


def _are_preferences(subject: Subject, values: Values) -> None:
    body = values[-1]["body"]
    category = find_category(body)
    assert (category["preference"], category["is_editable"]) == ("opt_in", True), category
    assert category["channels"], category
    assert body["channel_preferences"], body


def _categories(subject: Subject) -> list[Step]:
    return [
        call("user.preferences.getCategories", limit=10),
        call("user.preferences.getCategory", CATEGORY),
    ]


def _are_categories(subject: Subject, values: Values) -> None:
    *_, page, category = (value["body"] for value in values[1:])
    assert CATEGORY in [each["category"] for each in page["results"]], page
    assert category["category"] == CATEGORY, category


def _channels(subject: Subject) -> list[Step]:
    return [call("user.preferences.getOverallChannelPreferences")]


def _are_channels(subject: Subject, values: Values) -> None:
    [email] = [each for each in values[-1]["body"]["channel_preferences"] if each["channel"] == "email"]
    assert email["is_restricted"] is False, values


def _setting(method: str, *arguments: str) -> Steps:
    def steps(subject: Subject) -> list[Step]:
        return [
            call("user.preferences.getPreferences"),
            call("stage.next", saved("client.emitter"), "preferences_updated", save="later"),
            call(f"user.preferences.{method}", *arguments),
            WRITTEN,
        ]

    return identified(steps)


def _mails_are_off(subject: Subject, values: Values) -> None:
    assert values[-1]["status"] == "success", values
    is_silenced(subject)


def _register(subject: Subject) -> list[Step]:
    return [
        call("webpush.notificationPermission"),
        call("webpush.registerPush"),
        call("webpush.pushSubscribed"),
        call("webpush.updatePushSubscription"),
    ]


def _is_registered(subject: Subject, values: Values) -> None:
    assert values[1] == "granted", values
    assert values[3] is True, values
    is_reached_at(subject.hub, subject.id, "webpush", subject.push_name())


def _unregister(subject: Subject) -> list[Step]:
    return [*_register(subject), call("webpush.removePushSubscription")]


def _is_unregistered(subject: Subject, values: Values) -> None:
    is_not_reached_on(subject.hub, subject.id, "webpush")


def _pushed(*reactions: str) -> Steps:
    def steps(subject: Subject) -> list[Step]:
        return [
            call("webpush.registerPush"),
            call("stage.trigger", message(subject, "webpush")),
            call("stage.push"),
            *(call(f"stage.{reaction}") for reaction in reactions),
        ]

    return identified(steps)


def _has_become(status: str) -> Callable[[Subject, Values], None]:
    """See that the message moved on by what the service worker told."""

    def proof(subject: Subject, values: Values) -> None:
        query = {"recipient_id": subject.id, "channel": "webpush"}
        until(
            lambda: [each["status"] for each in subject.hub.get("/v1/message/", **query)["results"]],
            lambda statuses: statuses == [status],
            PATIENCE_SECONDS,
        )

    return proof


FEATURES = {
    "web.identify": Feature(_identify, _is_known),
    "web.identify_token": Feature(_identify_with_token, _plan_is_gold),
    "web.reset": Feature(identified(_reset), _is_forgotten),
    "web.track": Feature(identified(lambda who: [call("track", OPENED, amount=10)]), stops_the_ladder, climb),
    "web.starts_workflow": Feature(
        identified(lambda who: [call("track", EVENT, code="first")]),
        lambda who, values: mails_to(who, "first"),
        introduce,
    ),
    "web.properties": Feature(identified(_properties), has_the_properties),
    "web.settings": Feature(identified(_settings), _settings_are_known),
    **{f"web.{channel}": _address(channel) for channel in CHANNELS},
    "web.preferences": Feature(identified(_preferences), _are_preferences),
    "web.categories": Feature(identified(_categories), _are_categories),
    "web.channels": Feature(identified(_channels), _are_channels),
    "web.update_category": Feature(
        _setting("updateCategoryPreference", CATEGORY, "opt_out"), _mails_are_off, introduce
    ),
    "web.update_category_channel": Feature(
        _setting("updateChannelPreferenceInCategory", "email", "opt_out", CATEGORY), _mails_are_off, introduce
    ),
    "web.update_channel": Feature(
        _setting("updateOverallChannelPreference", "email", "required"), _mails_are_off, introduce
    ),
    "web.push": Feature(identified(_register), _is_registered),
    "web.push_removed": Feature(identified(_unregister), _is_unregistered),
    "web.push_delivered": Feature(_pushed(), _has_become("delivered")),
    "web.push_clicked": Feature(_pushed("click"), _has_become("clicked")),
    "web.push_dismissed": Feature(_pushed("close"), _has_become("dismissed")),
}
