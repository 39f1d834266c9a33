"""Objects, such as teams and projects: what is known of them, and who subscribes to them."""

from typing import Any

from e2e.compatibility.features.addresses import addresses
from e2e.compatibility.features.profiles import CHANNELS, PROPERTIES, every_address, properties
from e2e.compatibility.features.users import is_gone
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, refused, saved

KIND = "teams"


def _upsert(subject: Subject) -> Step:
    return call("objects.upsert", KIND, subject.id, {"$email": [subject.email()], "plan": "free"})


def _is_object(document: Any, subject: Subject, plan: str = "free") -> None:
    assert (document["object_type"], document["id"]) == (KIND, subject.id), document
    assert document["properties"]["plan"] == plan, document
    assert [each["value"] for each in document["$email"]] == [subject.email()], document


def _get(subject: Subject) -> list[Step]:
    return [_upsert(subject), call("objects.get", KIND, subject.id)]


def _both_are_the_object(subject: Subject, values: Values) -> None:
    for document in values:
        _is_object(document, subject)


def _list(subject: Subject) -> list[Step]:
    kind = subject.other("kind")
    return [
        call("objects.upsert", kind, "first", {}),
        call("objects.upsert", kind, "second", {}),
        call("objects.list", kind, {"limit": 1}, save="page"),
        call("objects.list", kind, {"limit": 1, "after": saved("page.meta.after")}),
    ]


def _pages(subject: Subject, values: Values) -> None:
    *_, first, second = values
    assert {each["results"][0]["id"] for each in (first, second)} == {"first", "second"}, (first, second)
    assert (first["meta"]["has_next"], second["meta"]["has_next"]) == (True, False), (first, second)


def _edit(edits: Any, opening: str = "get_edit_instance") -> Any:
    def steps(subject: Subject) -> list[Step]:
        return [
            call("objects.upsert", KIND, subject.id, {}),
            call(f"objects.{opening}", KIND, subject.id, save="user"),
            *edits(subject),
            call("objects.edit", saved("user")),
            call("objects.get", KIND, subject.id),
        ]

    return steps


def _has_the_properties(subject: Subject, values: Values) -> None:
    told = values[-1]["properties"]
    assert {name: told.get(name) for name in PROPERTIES} == PROPERTIES, told
    assert "shoes" not in told, told


def _has_every_address(subject: Subject, values: Values) -> None:
    for kind in CHANNELS:
        each = addresses(subject)[kind]
        [found] = values[-1][f"${each.channel}"]
        assert _is_shown_as(found["value"], each.kept[0]), found


def _is_shown_as(shown: Any, address: Any) -> bool:
    """Whether this is an address, of which tokens are shown in part."""
    if isinstance(shown, dict):
        return shown.keys() == address.keys() and all(_is_shown_as(shown[key], address[key]) for key in shown)
    if not isinstance(shown, str) or "…" not in shown:
        return bool(shown == address)
    head, tail = shown.split("…")
    return bool(address.startswith(head) and address.endswith(tail))


def _settings(*methods: tuple[str, str]) -> Any:
    return _edit(lambda subject: [call(f"user.set_{name}", value) for name, value in methods])


def _settings_are_known(**wanted: str) -> Any:
    def proof(subject: Subject, values: Values) -> None:
        told = {**values[-1], **values[-1]["properties"]}
        assert {name: told.get(f"${name}") for name in wanted} == wanted, told

    return proof


def _edit_payload(subject: Subject) -> list[Step]:
    payload = {"operations": [{"$set": {"plan": "gold"}}]}
    return [_upsert(subject), call("objects.edit", KIND, subject.id, payload), call("objects.get", KIND, subject.id)]


def _delete(subject: Subject) -> list[Step]:
    return [_upsert(subject), call("objects.delete", KIND, subject.id), refused("objects.get", KIND, subject.id)]


def _bulk_delete(subject: Subject) -> list[Step]:
    return [
        _upsert(subject),
        call("objects.bulk_delete", KIND, {"object_ids": [subject.id]}),
        refused("objects.get", KIND, subject.id),
    ]


def _subscribe(subject: Subject) -> list[Step]:
    member = subject.other("member")
    return [
        _upsert(subject),
        call(
            "objects.create_subscriptions", KIND, subject.id, {"recipients": [member], "properties": {"role": "lead"}}
        ),
        call("objects.get_subscriptions", KIND, subject.id, {"limit": 5}),
    ]


def _has_the_member(subject: Subject, values: Values) -> None:
    [found] = values[-1]["results"]
    assert subject.other("member") in str(found), found
    assert "lead" in str(found), found


def _unsubscribe(subject: Subject) -> list[Step]:
    return [
        *_subscribe(subject),
        call("objects.delete_subscriptions", KIND, subject.id, {"recipients": [subject.other("member")]}),
        call("objects.get_subscriptions", KIND, subject.id, {"limit": 5}),
    ]


def _has_no_member(subject: Subject, values: Values) -> None:
    assert values[-1]["results"] == [], values[-1]


def _parents(subject: Subject) -> list[Step]:
    child = {"object_type": KIND, "id": subject.other("child")}
    return [
        _upsert(subject),
        call("objects.upsert", KIND, child["id"], {}),
        call("objects.create_subscriptions", KIND, subject.id, {"recipients": [child]}),
        call("objects.get_objects_subscribed_to", KIND, child["id"], {"limit": 5}),
    ]


def _has_the_parent(subject: Subject, values: Values) -> None:
    [found] = values[-1]["results"]
    assert subject.id in str(found), found


FEATURES = {
    "objects.get": Feature(_get, _both_are_the_object),
    "objects.list": Feature(_list, _pages),
    "objects.edit": Feature(_edit(properties), _has_the_properties),
    "objects.edit_addresses": Feature(_edit(every_address), _has_every_address),
    "objects.edit_settings": Feature(
        _settings(("preferred_language", "de"), ("timezone", "Europe/Berlin")),
        _settings_are_known(preferred_language="de", timezone="Europe/Berlin"),
    ),
    "objects.edit_locale": Feature(_settings(("locale", "de_DE")), _settings_are_known(locale="de_DE")),
    "objects.get_instance": Feature(_edit(properties, "get_instance"), _has_the_properties),
    "objects.edit_payload": Feature(_edit_payload, lambda who, values: _is_object(values[-1], who, "gold")),
    "objects.delete": Feature(_delete, is_gone),
    "objects.bulk_delete": Feature(_bulk_delete, is_gone),
    "objects.subscribe": Feature(_subscribe, _has_the_member),
    "objects.unsubscribe": Feature(_unsubscribe, _has_no_member),
    "objects.parents": Feature(_parents, _has_the_parent),
}
