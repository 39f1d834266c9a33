"""Profiles: properties and the addresses of every channel, by each of the ways to edit them."""

from collections.abc import Callable

from e2e.compatibility.features.addresses import addresses, are_kept_and_gone
from e2e.compatibility.proofs import is_not_reached_on, is_reached_at, known_of
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, saved

CHANNELS = ("email", "sms", "whatsapp", "androidpush", "iospush", "webpush", "slack", "ms_teams")
KINDS = (*CHANNELS, "androidpush_fcm", "androidpush_xiaomi", "androidpush_oppo", "iospush_apns", "webpush_vapid")
# What the properties below come to.
PROPERTIES = {"plan": "gold", "since": 2024, "visits": 4, "tags": ["b"]}

Edits = Callable[[Subject], list[Step]]


def properties(subject: Subject) -> list[Step]:
    """Edits of a profile that is open as `user`, with every operator, each in both of its forms."""
    return [
        call("user.set", "plan", "free"),
        call("user.set", {"plan": "gold", "shoes": 44}),
        call("user.set_once", "since", 2024),
        call("user.set_once", {"since": 2025}),
        call("user.increment", "visits", 5),
        call("user.increment", {"visits": -1}),
        call("user.append", "tags", "a"),
        call("user.append", {"tags": "b"}),
        call("user.remove", "tags", "a"),
        call("user.unset", "shoes"),
        call("user.unset", ["hats", "gloves"]),
    ]


def address(kind: str) -> Edits:
    """Edits that add two addresses and remove one."""

    def steps(subject: Subject) -> list[Step]:
        each = addresses(subject)[kind]
        return [
            call(f"user.add_{each.channel}", *each.gone),
            call(f"user.add_{each.channel}", *each.kept),
            call(f"user.remove_{each.channel}", *each.gone),
        ]

    return steps


def every_address(subject: Subject) -> list[Step]:
    """Edits that add and remove addresses on every channel."""
    return [step for kind in CHANNELS for step in address(kind)(subject)]


def has_the_properties(subject: Subject, values: Values) -> None:
    """See that templates are told what the edits came to."""
    told = known_of(subject.hub, subject.id)
    assert {name: told.get(name) for name in PROPERTIES} == PROPERTIES, told
    assert "shoes" not in told, told


def has_the_address(kind: str) -> Callable[[Subject, Values], None]:
    """See that the address that stayed is reached, and the other isn't."""
    return lambda subject, values: are_kept_and_gone(subject, kind)


def has_every_address(subject: Subject, values: Values) -> None:
    """See it on each channel."""
    for kind in CHANNELS:
        are_kept_and_gone(subject, kind)


def saving(edits: Edits) -> Edits:
    """Open a profile as programs have always done, edit it, save it."""

    def steps(subject: Subject) -> list[Step]:
        opened = call("user.get_instance", subject.id, save="user")
        return [opened, *edits(subject), call("user.save")]

    return steps


def _new(name: str) -> Edits:
    def steps(subject: Subject) -> list[Step]:
        return [call(f"user.{name}", subject.id, save="user"), *properties(subject), call("user.save")]

    return steps


def _setting(method: str, value: str) -> Edits:
    return saving(lambda subject: [call(f"user.{method}", value)])


def _is_known(name: str, value: str) -> Callable[[Subject, Values], None]:
    def proof(subject: Subject, values: Values) -> None:
        told = known_of(subject.hub, subject.id)
        assert told.get(name) == value, told

    return proof


def _without_channel(subject: Subject) -> list[Step]:
    return [call("user.add_email", subject.email()), call("user.unset", ["$email"])]


def _bulk(subject: Subject, finish: str = "save") -> list[Step]:
    other = subject.other("second")
    return [
        call("bulk_users.new_instance", save="bulk"),
        call("user.get_instance", subject.id, save="first"),
        call("first.add_email", subject.email()),
        call("user.get_instance", other, save="second"),
        call("second.add_email", subject.email("second")),
        call("bulk.append", saved("first"), saved("second")),
        call(f"bulk.{finish}"),
    ]


def both_are_reached(subject: Subject, values: Values) -> None:
    """See that two people whose profiles were edited together are both reached."""
    is_reached_at(subject.hub, subject.id, "email", subject.email())
    is_reached_at(subject.hub, subject.other("second"), "email", subject.email("second"))


def _slack(method: str, form: str) -> Feature:
    """The deprecated ways to say who somebody is in Slack: no token, which the workspace's app has."""

    def steps(subject: Subject) -> list[Step]:
        kept, gone = (form.format(subject.token(which).upper()) for which in ("kept", "gone"))
        return [
            call(f"user.add_slack_{method}", gone),
            call(f"user.add_slack_{method}", kept),
            call(f"user.remove_slack_{method}", gone),
        ]

    def proof(subject: Subject, values: Values) -> None:
        kept, gone = (f"U{subject.token(which).upper()}" for which in ("kept", "gone"))
        is_reached_at(subject.hub, subject.id, "slack", kept, gone)

    return Feature(saving(steps), proof)


FEATURES = {
    "user.properties": Feature(saving(properties), has_the_properties),
    "user.preferred_language": Feature(
        _setting("set_preferred_language", "de"), _is_known("$preferred_language", "de")
    ),
    "user.timezone": Feature(_setting("set_timezone", "Europe/Berlin"), _is_known("$timezone", "Europe/Berlin")),
    "user.locale": Feature(_setting("set_locale", "de_DE"), _is_known("$locale", "de_DE")),
    **{f"user.{kind}": Feature(saving(address(kind)), has_the_address(kind)) for kind in KINDS},
    "user.unset_channel": Feature(
        saving(_without_channel), lambda who, values: is_not_reached_on(who.hub, who.id, "email")
    ),
    "user.new": Feature(_new("new"), has_the_properties),
    "user.new_user": Feature(_new("new_user"), has_the_properties),
    "user.bulk": Feature(_bulk, both_are_reached),
    "user.bulk_trigger": Feature(lambda who: _bulk(who, "trigger"), both_are_reached),
    "user.slack_email": _slack("email", "{}@example.com"),
    "user.slack_userid": _slack("userid", "U{}"),
}
