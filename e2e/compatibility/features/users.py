"""People, by the users API of the newer clients."""

from typing import Any

from e2e.compatibility.features.profiles import (
    both_are_reached,
    every_address,
    has_every_address,
    has_the_properties,
    properties,
)
from e2e.compatibility.proofs import is_not_reached_on, is_reached_at, known_of
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, refused, saved


def introduce(subject: Subject) -> None:
    """Let the hub know somebody with a mail address and a plan."""
    operations = [{"$append": {"$email": subject.email()}}, {"$set": {"plan": "free"}}]
    edit = {"distinct_id": subject.id, "$user_operations": operations}
    assert subject.hub.request("POST", "/event/", json=edit).status == 202


def is_profile(document: Any, subject: Subject) -> None:
    """See that a reply is somebody's profile."""
    assert document["distinct_id"] == subject.id, document
    assert document["properties"]["plan"] == "free", document
    assert [each["value"] for each in document["$email"]] == [subject.email()], document
    assert document["created_at"], document
    assert document["updated_at"], document


def _upsert(subject: Subject) -> list[Step]:
    profile = {"$email": [subject.email()], "$timezone": "Europe/Berlin", "plan": "free"}
    return [call("users.upsert", subject.id, profile)]


def _upserted(subject: Subject, values: Values) -> None:
    is_profile(values[-1], subject)
    is_reached_at(subject.hub, subject.id, "email", subject.email())
    assert known_of(subject.hub, subject.id)["plan"] == "free"


def _list(subject: Subject) -> list[Step]:
    return [
        call("users.list", {"limit": 1}, save="page"),
        call("users.list", {"limit": 1, "after": saved("page.meta.after")}),
    ]


def _pages(subject: Subject, values: Values) -> None:
    first, second = values
    assert first["meta"].keys() >= {"limit", "count", "before", "after", "has_prev", "has_next"}, first
    assert first["meta"]["has_next"] is True
    assert first["results"][0]["distinct_id"] != second["results"][0]["distinct_id"]


def _edit(method: str, edits: Any) -> Any:
    def steps(subject: Subject) -> list[Step]:
        opened = call("users.get_edit_instance", subject.id, save="user")
        return [opened, *edits(subject), call(f"users.{method}", saved("user"))]

    return steps


def _edit_settings(subject: Subject) -> list[Step]:
    return [call("user.set_preferred_language", "de"), call("user.set_timezone", "Europe/Berlin")]


def _settings_are_known(subject: Subject, values: Values) -> None:
    told = known_of(subject.hub, subject.id)
    assert (told["$preferred_language"], told["$timezone"]) == ("de", "Europe/Berlin"), told


def _edit_locale(subject: Subject) -> list[Step]:
    return [call("user.set_locale", "de_DE")]


def _locale_is_known(subject: Subject, values: Values) -> None:
    assert known_of(subject.hub, subject.id)["$locale"] == "de_DE"


def _edit_payload(subject: Subject) -> list[Step]:
    payload = {"operations": [{"$set": {"plan": "gold"}}, {"$unset": ["$email"]}]}
    return [call("users.edit", subject.id, payload)]


def _payload_is_known(subject: Subject, values: Values) -> None:
    assert values[-1]["distinct_id"] == subject.id, values[-1]
    assert known_of(subject.hub, subject.id)["plan"] == "gold"
    is_not_reached_on(subject.hub, subject.id, "email")


def _bulk_edit(subject: Subject) -> list[Step]:
    other = subject.other("second")
    return [
        call("users.get_bulk_edit_instance", save="bulk"),
        call("users.get_edit_instance", subject.id, save="first"),
        call("first.add_email", subject.email()),
        call("users.get_edit_instance", other, save="second"),
        call("second.add_email", subject.email("second")),
        call("bulk.append", saved("first"), saved("second")),
        call("bulk.save"),
    ]


def _merge(subject: Subject) -> list[Step]:
    return [
        call("users.upsert", subject.other("old"), {"$sms": [subject.phone()], "shoes": 44}),
        call("users.merge", subject.id, subject.other("old")),
    ]


def _merged(subject: Subject, values: Values) -> None:
    is_reached_at(subject.hub, subject.id, "sms", subject.phone())
    is_reached_at(subject.hub, subject.id, "email", subject.email())
    assert known_of(subject.hub, subject.id)["shoes"] == 44


def _delete(subject: Subject) -> list[Step]:
    return [call("users.delete", subject.id), refused("users.get", subject.id)]


def _bulk_delete(subject: Subject) -> list[Step]:
    return [call("users.bulk_delete", {"distinct_ids": [subject.id]}), refused("users.get", subject.id)]


def is_gone(subject: Subject, values: Values) -> None:
    """See that the last call was answered with 404 and a message that the client could read."""
    told = values[-1]
    assert "404" in told["message"], told
    assert "undefined" not in told["message"], told
    # So that the reply is about the thing, and not about a path that nobody serves.
    assert "there is nothing at" not in told["message"], told


def _objects(subject: Subject) -> list[Step]:
    team = subject.other("team")
    return [
        call("objects.upsert", "teams", team, {"name": "Team"}),
        call("objects.create_subscriptions", "teams", team, {"recipients": [subject.id]}),
        call("users.get_objects_subscribed_to", subject.id, {"limit": 5}),
    ]


def _is_in_the_team(subject: Subject, values: Values) -> None:
    [found] = values[-1]["results"]
    assert subject.other("team") in str(found), found


def _lists(subject: Subject) -> list[Step]:
    wanted = subject.other("list")
    return [
        call("subscriber_lists.create", {"list_id": wanted, "list_name": "List"}),
        call("subscriber_lists.add", wanted, [subject.id]),
        call("users.get_lists_subscribed_to", subject.id, {"limit": 5}),
    ]


def _is_on_the_list(subject: Subject, values: Values) -> None:
    [found] = values[-1]["results"]
    assert found["list_id"] == subject.other("list"), found


def _tenant_profile(subject: Subject) -> list[Step]:
    tenant = subject.other("tenant")
    return [
        call("tenants.upsert", tenant, {"tenant_name": "Tenant"}),
        call("users.upsert_for_tenant", subject.id, tenant, {"plan": "gold"}),
        call("users.get_for_tenant", subject.id, tenant),
        call("users.list_associated_tenants", subject.id),
    ]


def _differs_for_the_tenant(subject: Subject, values: Values) -> None:
    *_, profile, tenants = values
    assert profile["properties"]["plan"] == "gold", profile
    assert [each["tenant_id"] for each in tenants["results"]] == [subject.other("tenant")], tenants
    assert known_of(subject.hub, subject.id, tenant_id=subject.other("tenant"))["plan"] == "gold"
    assert known_of(subject.hub, subject.id)["plan"] == "free"


def _tenant_edit(subject: Subject) -> list[Step]:
    tenant = subject.other("tenant")
    return [
        call("tenants.upsert", tenant, {"tenant_name": "Tenant"}),
        call("users.get_edit_instance", subject.id, tenant_id=tenant, save="user"),
        call("user.set", "plan", "gold"),
        call("users.edit", saved("user")),
        call("users.get_edit_instance", subject.id, tenant_id=tenant, save="again"),
        call("again.set", "shoes", 44),
        call("users.async_edit", saved("again")),
    ]


def _is_edited_for_the_tenant(subject: Subject, values: Values) -> None:
    told = known_of(subject.hub, subject.id, tenant_id=subject.other("tenant"))
    assert (told["plan"], told["shoes"]) == ("gold", 44), told
    assert known_of(subject.hub, subject.id)["plan"] == "free"


def _unlink(subject: Subject) -> list[Step]:
    tenant = subject.other("tenant")
    return [*_tenant_profile(subject), call("users.unlink_tenant", subject.id, tenant)]


def _is_unlinked(subject: Subject, values: Values) -> None:
    assert known_of(subject.hub, subject.id, tenant_id=subject.other("tenant"))["plan"] == "free"


FEATURES = {
    "users.upsert": Feature(_upsert, _upserted),
    "users.get": Feature(
        lambda who: [call("users.get", who.id)], lambda who, values: is_profile(values[0], who), introduce
    ),
    "users.get_unknown": Feature(lambda who: [refused("users.get", who.id)], is_gone),
    "users.list": Feature(_list, _pages, introduce),
    "users.edit": Feature(_edit("edit", properties), has_the_properties),
    "users.edit_addresses": Feature(_edit("edit", every_address), has_every_address),
    "users.edit_settings": Feature(_edit("edit", _edit_settings), _settings_are_known),
    "users.edit_locale": Feature(_edit("edit", _edit_locale), _locale_is_known),
    "users.edit_payload": Feature(_edit_payload, _payload_is_known, introduce),
    "users.async_edit": Feature(_edit("async_edit", properties), has_the_properties),
    "users.async_edit_addresses": Feature(_edit("async_edit", every_address), has_every_address),
    "users.bulk_edit": Feature(_bulk_edit, both_are_reached),
    "users.merge": Feature(_merge, _merged, introduce),
    "users.delete": Feature(_delete, is_gone, introduce),
    "users.bulk_delete": Feature(_bulk_delete, is_gone, introduce),
    "users.objects": Feature(_objects, _is_in_the_team, introduce),
    "users.lists": Feature(_lists, _is_on_the_list, introduce),
    "users.tenant": Feature(_tenant_profile, _differs_for_the_tenant, introduce),
    "users.tenant_edit": Feature(_tenant_edit, _is_edited_for_the_tenant, introduce),
    "users.tenant_unlink": Feature(_unlink, _is_unlinked, introduce),
}
