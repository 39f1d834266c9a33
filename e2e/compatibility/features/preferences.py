"""Preferences of people and of objects, read and set by a server."""

from typing import Any

from e2e.compatibility.features.users import introduce
from e2e.compatibility.proofs import write_to
from e2e.compatibility.scene import CATEGORY
from e2e.compatibility.steps import Feature, Step, Subject, Values, call


def statuses(subject: Subject) -> dict[str, str]:
    """What becomes of a message of the category, by channel."""
    sent = write_to(subject.hub, subject.id, ["email"], notification_category=CATEGORY)
    return {each["channel"]: each["status"] for each in sent}


def is_silenced(subject: Subject) -> None:
    """See that mails of the category are not sent to somebody."""
    assert statuses(subject).get("email") != "sent_by_vendor"


def find_category(document: Any) -> dict[str, Any]:
    """The category's entry in a full preference."""
    found: list[dict[str, Any]] = [
        each for section in document["sections"] for each in section["subcategories"] if each["category"] == CATEGORY
    ]
    assert len(found) == 1, document
    return found[0]


def _of(owner: str) -> tuple[Any, Any]:
    """How a person's and an object's preferences are called, with what comes first."""
    if owner == "users":
        return lambda who: [who.id], lambda who: []
    return lambda who: ["teams", who.id], lambda who: [call("objects.upsert", "teams", who.id, {})]


def _full(owner: str) -> Feature:
    names, first = _of(owner)

    def steps(subject: Subject) -> list[Step]:
        options = {"show_opt_out_channels": True}
        return [*first(subject), call(f"{owner}.get_full_preference", *names(subject), options)]

    def proof(subject: Subject, values: Values) -> None:
        assert find_category(values[-1])["preference"] == "opt_in", values[-1]
        assert values[-1]["channel_preferences"], values[-1]

    return Feature(steps, proof, introduce if owner == "users" else lambda who: None)


def _category(owner: str) -> Feature:
    names, first = _of(owner)

    def steps(subject: Subject) -> list[Step]:
        closed = {"preference": "opt_out", "opt_out_channels": []}
        return [
            *first(subject),
            call(f"{owner}.get_category_preference", *names(subject), CATEGORY),
            call(f"{owner}.update_category_preference", *names(subject), CATEGORY, closed),
            call(f"{owner}.get_category_preference", *names(subject), CATEGORY),
        ]

    def proof(subject: Subject, values: Values) -> None:
        assert [each["preference"] for each in values[-3:]] == ["opt_in", "opt_out", "opt_out"], values
        if owner == "users":
            is_silenced(subject)

    return Feature(steps, proof, introduce if owner == "users" else lambda who: None)


def _channels(owner: str) -> Feature:
    names, first = _of(owner)

    def steps(subject: Subject) -> list[Step]:
        restricted = {"channel_preferences": [{"channel": "email", "is_restricted": True}]}
        return [*first(subject), call(f"{owner}.update_global_channels_preference", *names(subject), restricted)]

    def proof(subject: Subject, values: Values) -> None:
        assert {"channel": "email", "is_restricted": True} in values[-1]["channel_preferences"], values
        if owner == "users":
            is_silenced(subject)

    return Feature(steps, proof, introduce if owner == "users" else lambda who: None)


FEATURES = {
    f"{owner}.preference{ending}": make(owner)
    for owner in ("users", "objects")
    for ending, make in (("", _full), ("_category", _category), ("_channels", _channels))
}
