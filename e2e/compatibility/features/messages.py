"""Messages, listed and marked by a server."""

from typing import Any

from e2e.compatibility.features.users import introduce
from e2e.compatibility.proofs import write_to
from e2e.compatibility.steps import Feature, Step, Subject, Values, call
from e2e.running import until


def _send(subject: Subject) -> None:
    introduce(subject)
    write_to(subject.hub, subject.id, ["email"])


def _list(subject: Subject) -> list[Step]:
    filters = {"recipient_id": [subject.id], "status": ["triggered"], "category": ["transactional"]}
    return [call("messages.list", {"limit": 10, **filters}), call("messages.list", {"recipient_id": subject.id})]


def _are_listed(subject: Subject, values: Values) -> None:
    for page in values:
        assert sorted(each["channel"] for each in page["results"]) == ["email", "inbox"], page
        assert all(each["recipient"]["distinct_id"] == subject.id for each in page["results"]), page


def _mark(subject: Subject) -> list[Step]:
    _send(subject)
    marks: dict[str, str] = {"email": "clicked", "inbox": "archived"}
    return [
        call(
            "messages.bulk_update",
            [{"message_id": each["message_id"], "action": marks[each["channel"]]} for each in _messages(subject)],
        )
    ]


def _messages(subject: Subject) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = subject.hub.get("/v1/message/", recipient_id=subject.id)["results"]
    return found


def _are_marked(subject: Subject, values: Values) -> None:
    assert [each["status_code"] for each in values[-1]["records"]] == [202, 202], values[-1]
    until(
        lambda: {each["channel"]: each["status"] for each in _messages(subject)},
        lambda found: found["email"] == "clicked",
        15,
    )
    [notification] = subject.hub.get("/v1/feed/notifications", distinct_id=subject.id)["results"] or [
        {"archived": True}
    ]
    assert notification["archived"] is True


FEATURES = {
    "messages.list": Feature(_list, _are_listed, _send),
    "messages.bulk_update": Feature(_mark, _are_marked),
}
