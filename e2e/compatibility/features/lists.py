"""Lists of subscribers, their drafts, and what is broadcast to them."""

from typing import Any

from e2e.compatibility.features.triggers import FILE
from e2e.compatibility.features.users import introduce, is_gone
from e2e.compatibility.proofs import mails_to, received
from e2e.compatibility.scene import TEMPLATE
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, refused, saved


def _create(subject: Subject) -> Step:
    return call("subscriber_lists.create", {"list_id": subject.id, "list_name": "List", "list_description": "Some"})


def _get(subject: Subject) -> list[Step]:
    return [_create(subject), call("subscriber_lists.get", subject.id)]


def _is_list(subject: Subject, values: Values) -> None:
    for document in values:
        assert (document["list_id"], document["list_name"]) == (subject.id, "List"), document
        assert document["subscribers_count"] == 0, document
        assert document["version_id"] is None, document


def _get_all(subject: Subject) -> list[Step]:
    return [_create(subject), call("subscriber_lists.get_all", limit=1000, offset=0)]


def _is_listed(subject: Subject, values: Values) -> None:
    page = values[-1]
    assert subject.id in [each["list_id"] for each in page["results"]], page
    assert page["meta"]["count"] >= len(page["results"]), page


def _add(subject: Subject) -> list[Step]:
    return [
        _create(subject),
        call("subscriber_lists.add", subject.id, [subject.other("a"), subject.other("b")]),
        call("subscriber_lists.get", subject.id),
    ]


def _remove(subject: Subject) -> list[Step]:
    return [
        *_add(subject),
        call("subscriber_lists.remove", subject.id, [subject.other("a")]),
        call("subscriber_lists.get", subject.id),
    ]


def _has(count: int) -> Any:
    def proof(subject: Subject, values: Values) -> None:
        assert values[-2]["success"] is True, values[-2]
        assert values[-1]["subscribers_count"] == count, values[-1]

    return proof


def _delete(subject: Subject) -> list[Step]:
    return [
        _create(subject),
        call("subscriber_lists.delete", subject.id),
        refused("subscriber_lists.get", subject.id),
    ]


def _filled(subject: Subject) -> list[Step]:
    return [_create(subject), call("subscriber_lists.add", subject.id, [subject.id])]


def _message(subject: Subject, **changes: Any) -> dict[str, Any]:
    return {
        "list_id": subject.id,
        "template": TEMPLATE,
        "notification_category": "transactional",
        "channels": ["email"],
        "data": {"code": "first"},
        **changes,
    }


def _broadcast(subject: Subject) -> list[Step]:
    steps = _filled(subject)
    for _ in range(2):
        steps += [
            call("SubscriberListBroadcast", _message(subject), idempotency_key=subject.id, save="broadcast"),
            call("subscriber_lists.broadcast", saved("broadcast")),
        ]
    return steps


def _broadcast_with_file(subject: Subject) -> list[Step]:
    return [
        *_filled(subject),
        call("SubscriberListBroadcast", _message(subject), save="broadcast"),
        call("broadcast.add_attachment", str(FILE), file_name="by-data.txt"),
        call("subscriber_lists.broadcast", saved("broadcast")),
    ]


def _arrives(subject: Subject, values: Values) -> None:
    mails_to(subject, "first")


def _arrives_with_file(subject: Subject, values: Values) -> None:
    [mail] = received(subject.hub, subject.email(), channel="email")
    assert [each["filename"] for each in mail["content"]["attachments"]] == ["by-data.txt"], mail


def _draft(subject: Subject) -> list[Step]:
    return [
        *_add(subject),
        call("subscriber_lists.start_sync", subject.id, save="draft"),
        call("subscriber_lists.add_to_version", subject.id, saved("draft.version_id"), [subject.other("c")]),
        call("subscriber_lists.add_to_version", subject.id, saved("draft.version_id"), [subject.other("d")]),
        call("subscriber_lists.remove_from_version", subject.id, saved("draft.version_id"), [subject.other("d")]),
        call("subscriber_lists.get_version", subject.id, saved("draft.version_id")),
    ]


def _is_draft(subject: Subject, values: Values) -> None:
    draft = values[-1]
    assert (draft["status"], draft["subscribers_count"]) == ("draft", 1), draft
    assert draft["version_id"], draft


def _finish(subject: Subject) -> list[Step]:
    return [
        *_draft(subject),
        call("subscriber_lists.finish_sync", subject.id, saved("draft.version_id")),
        call("subscriber_lists.get", subject.id),
    ]


def _draft_replaced_it(subject: Subject, values: Values) -> None:
    live = values[-1]
    assert (live["status"], live["subscribers_count"], live["version_id"]) == ("active", 1, None), live


def _discard(subject: Subject) -> list[Step]:
    return [
        *_draft(subject),
        call("subscriber_lists.delete_version", subject.id, saved("draft.version_id")),
        refused("subscriber_lists.get_version", subject.id, saved("draft.version_id")),
        call("subscriber_lists.get", subject.id),
    ]


def _draft_is_gone(subject: Subject, values: Values) -> None:
    is_gone(subject, values[:-1])
    assert values[-1]["subscribers_count"] == 2, values[-1]


FEATURES = {
    "lists.get": Feature(_get, _is_list),
    "lists.get_all": Feature(_get_all, _is_listed),
    "lists.add": Feature(_add, _has(2)),
    "lists.remove": Feature(_remove, _has(1)),
    "lists.delete": Feature(_delete, is_gone),
    "lists.broadcast": Feature(_broadcast, _arrives, introduce),
    "lists.broadcast_attachment": Feature(_broadcast_with_file, _arrives_with_file, introduce),
    "lists.sync": Feature(_draft, _is_draft),
    "lists.finish_sync": Feature(_finish, _draft_replaced_it),
    "lists.delete_version": Feature(_discard, _draft_is_gone),
}
