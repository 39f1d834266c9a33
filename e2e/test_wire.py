"""What keeps unmodified clients working, and what would break one of them: each a test, in bytes.

The first twelve hold for every client; of the others each is what one client fails on. RULES in
e2e/compatibility/table.py says which of them the hub keeps today.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from hmac import digest
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from e2e.compatibility.scene import TEMPLATE, WORKFLOW, set_up
from e2e.compatibility.table import RULES, SERVED
from e2e.compatibility.wire import JSON, Wire, is_error, read
from e2e.running import Access

Test = Callable[[Wire], None]

BROWSER_HEADERS = "authorization,content-type,x-ss-signature,x-amz-date"
VERBS = ("get", "post", "put", "patch", "delete")
# What vendors call, people's mail programs and this repository's own tests: no official client does.
FOR_OTHERS = ("vendors", "links", "health", "dev")


@pytest.fixture(scope="module")
def wire(operated_hub: tuple[Access, Mapping[str, Any]]) -> Wire:
    """A hub on which the scene is set."""
    set_up(operated_hub[0])
    return Wire(*operated_hub)


def rule(test: Test) -> Test:
    """A test that must hold exactly if the table says so."""
    state = RULES[test.__name__]

    @wraps(test)
    def checked(wire: Wire) -> None:
        if state == SERVED:
            test(wire)
            return
        with pytest.raises((AssertionError, LookupError, TypeError)):
            test(wire)

    return checked


def event(person: str = "u1", **changes: Any) -> dict[str, Any]:
    """An event as servers send it."""
    return {"distinct_id": person, "event": "ORDER_PLACED", "properties": {}, "$insert_id": str(uuid4()), **changes}


def page_event(person: str = "u1", **changes: Any) -> dict[str, Any]:
    """An event as pages send it."""
    return event(person, **{"$time": 1700000000000, **changes})


def trigger(**changes: Any) -> dict[str, Any]:
    """A workflow that is triggered by its name."""
    return {"workflow": WORKFLOW, "recipients": ["u1"], "data": {}, **changes}


def described(wire: Wire) -> Iterator[tuple[str, str]]:
    """Method and path of all that the hub describes for clients, with a name in place of each parameter."""
    document = wire.bearer("GET", "/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in VERBS and not set(operation.get("tags", ())) & set(FOR_OTHERS):
                yield method.upper(), "/".join("none" if part.startswith("{") else part for part in path.split("/"))


def refusals(wire: Wire) -> Iterator[tuple[int, Any]]:
    """Answers to requests with all kinds of faults: status and document."""
    trigger_path = f"/{wire.hub.workspace_key}/trigger/"
    asked = [
        (400, wire.bearer("POST", trigger_path, {"name": "x"})),
        (400, wire.bearer("POST", "/event/", [{}])),
        (400, wire.bearer("GET", "/v1/message/?limit=0")),
        (401, wire.send("POST", "/event/", b"{}", {"Content-Type": JSON})),
        (401, wire.signed("GET", "/v1/message/", signed_target="/v1/another/")),
        (403, wire.bearer("POST", "/another-workspace-key-of-somebody/trigger/", {})),
        (404, wire.bearer("GET", "/v1/nothing/")),
        (405, wire.bearer("DELETE", "/event/")),
        (413, wire.bearer("POST", "/event/", {"event": "x" * 4_000_000})),
    ]
    for status, answer in asked:
        yield status, read(answer, status)


@rule
def test_a_signature_covers_the_bytes_of_the_body_however_they_are_written(wire: Wire) -> None:
    document = event(properties={"name": "Zoë ☃", "path": "a/b"})
    for body in (
        json.dumps(document).encode(),
        json.dumps(document, ensure_ascii=False).encode(),
        json.dumps(document, separators=(",", ":")).encode(),
        json.dumps(document, indent=2).replace("/", "\\/").encode(),
    ):
        assert wire.signed("POST", "/event/", body).status == 202


@rule
def test_any_form_of_the_date_is_taken_from_either_header(wire: Wire) -> None:
    for date in ("Tue, 02 Jan 2024 03:04:05 GMT", "2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05Z"):
        for header in ("Date", "x-amz-date"):
            assert wire.signed("GET", "/v1/message/?limit=1", date=date, date_header=header).status == 200


@rule
def test_a_path_may_be_signed_as_it_was_sent_or_decoded(wire: Wire) -> None:
    query = "/v1/message/?limit=1&channel=email"
    assert wire.signed("GET", query, signed_target="/v1/message/?channel=email&limit=1").status == 200
    path = f"/v1/feed/notifications/{quote('a b/c', safe='')}/seen?distinct_id=u1"
    for signed_target in (path, "/v1/feed/notifications/a b/c/seen?distinct_id=u1"):
        answer = wire.signed("PATCH", path, {}, signed_target=signed_target)
        assert answer.status != 401, answer.data


@rule
def test_no_path_is_redirected_to_its_form_with_or_without_a_slash(wire: Wire) -> None:
    for method, path in described(wire):
        if method == "DELETE":
            wire.bearer(method, path, {})  # what is there only the first time must not make the difference
        given, other = (wire.bearer(method, form, {}).status for form in (f"{path.rstrip('/')}/", path.rstrip("/")))
        assert given == other, (method, path)
        assert not 300 <= given < 400, (method, path)


@rule
def test_every_reply_of_the_api_is_json(wire: Wire) -> None:
    for method, path in described(wire):
        if path.startswith(("/v1/", "/v2/")):
            answers = [wire.bearer(method, path, {}), wire.browser(method, path, {}), wire.send(method, path, None, {})]
            for answer in answers:
                if answer.status != 204 or method != "DELETE":
                    assert "application/json" in answer.headers["Content-Type"], (method, path, answer.data)
                    assert isinstance(json.loads(answer.data), dict), (method, path)


@rule
def test_a_bulk_reply_has_a_record_for_each_input_in_the_same_order(wire: Wire) -> None:
    for path, right, wrong in (
        ("/trigger/", trigger(), trigger(workflow="there-is-none")),
        ("/v2/bulk/event/", event(), event(event="")),
    ):
        reply = read(wire.signed("POST", path, [right, wrong, right]), 202, 207)
        assert [each["status"] for each in reply["records"]] == ["success", "error", "success"], reply


@rule
def test_a_refused_bulk_event_has_records_too(wire: Wire) -> None:
    reply = read(wire.signed("POST", "/v2/bulk/event/", {"not": "an array"}), 400)
    assert reply["records"] == []
    is_error(read(wire.send("POST", "/v2/bulk/event/", b"[]", {"Content-Type": JSON}), 401), 401)


@rule
def test_no_error_is_null(wire: Wire) -> None:
    for _, document in refusals(wire):
        assert isinstance(document["error"]["message"], str), document


@rule
def test_events_are_answered_with_202(wire: Wire) -> None:
    edit = {"distinct_id": "u1", "$user_operations": [{"$set": {"plan": "free"}}]}
    for document in (event(), edit, [event(), edit]):
        assert wire.signed("POST", "/event/", document).status == 202


@rule
def test_no_browser_is_told_another_status_than_success_or_error(wire: Wire) -> None:
    person = "distinct_id=u1&tenant_id=default"
    for target in (
        f"/v1/feed/notifications?{person}",
        f"/v1/feed/notifications_count?{person}",
        "/v2/subscriber/u1/full_preference",
        "/v2/subscriber/u1/category",
        "/v2/subscriber/u1/channel_preference",
    ):
        assert read(wire.browser("GET", target), 200).get("status", "success") in ("success", "error")
    assert read(wire.browser("POST", "/v2/event", page_event()), 202)["status"] == "success"


@rule
def test_a_page_of_any_origin_may_send_what_the_client_sends(wire: Wire) -> None:
    for method, path in (
        ("POST", "/v2/event"),
        ("GET", "/v1/feed/notifications"),
        ("PATCH", "/v1/feed/mark_all_read"),
        ("PATCH", "/v2/subscriber/u1/category/news"),
        ("POST", "/event/"),
    ):
        asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": BROWSER_HEADERS}
        answer = wire.send("OPTIONS", path, None, {"Origin": "https://shop.example.com", **asked})
        assert answer.status in (200, 204), (path, answer.data)
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://shop.example.com")
        allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
        assert set(BROWSER_HEADERS.split(",")) <= set(allowed), path
        assert method in answer.headers["Access-Control-Allow-Methods"], path


@rule
def test_there_is_one_error_body(wire: Wire) -> None:
    for status, document in refusals(wire):
        is_error(document, status)


@rule
def test_python_reads_json_of_an_event_whatever_its_status(wire: Wire) -> None:
    for path in ("/v2/event/", "/v2/event"):
        reply = read(wire.signed("POST", path, event()), 202)
        assert reply["status"] == "success" and reply["message_id"], reply
        is_error(read(wire.signed("POST", path, event(event="")), 400), 400)
        is_error(read(wire.send("POST", path, b"{}", {"Content-Type": JSON}), 401), 401)


@rule
def test_python_reads_the_records_of_a_bulk_trigger(wire: Wire) -> None:
    reply = read(wire.signed("POST", "/trigger/", [trigger(), trigger()]), 202)
    assert [each["status"] for each in reply["records"]] == ["success", "success"], reply


@rule
def test_python_reads_the_records_of_bulk_events_whatever_their_status(wire: Wire) -> None:
    assert len(read(wire.signed("POST", "/v2/bulk/event/", [event(), event()]), 202)["records"]) == 2
    assert "records" in read(wire.signed("POST", "/v2/bulk/event/", b"["), 400)


@rule
def test_python_reads_the_message_of_a_refused_trigger_and_event(wire: Wire) -> None:
    for path, document in (("/trigger/", trigger(recipients=[])), ("/v2/event/", event(event=""))):
        assert isinstance(read(wire.signed("POST", path, document), 400)["error"]["message"], str)


@rule
def test_python_reads_json_of_every_list(wire: Wire) -> None:
    for path in ("message", "user", "object/teams", "subscriber_list", "tenant", "brand"):
        reply = read(wire.signed("GET", f"/v1/{path}/?limit=5"), 200)
        assert isinstance(reply["results"], list) and isinstance(reply["meta"], dict), reply


@rule
def test_node_saves_many_profiles_though_one_of_them_is_wrong(wire: Wire) -> None:
    right = {"distinct_id": "u1", "$user_operations": [{"$set": {"plan": "free"}}]}
    wrong = {"distinct_id": "u2", "$user_operations": [{"$append": {"$email": "no address"}}]}
    assert 200 <= wire.signed("POST", "/event/", [right, wrong]).status < 300


@rule
def test_node_reads_the_message_of_every_refusal(wire: Wire) -> None:
    for _, document in refusals(wire):
        assert isinstance(document["message"], str) and document["message"], document


@rule
def test_go_reads_the_status_of_every_bulk_reply(wire: Wire) -> None:
    for path, record in (("/trigger/", trigger()), ("/v2/bulk/event/", event())):
        for status, documents in ((202, [record]), (400, "no array")):
            assert read(wire.signed("POST", path, documents), status)["status"]


@rule
def test_go_reads_the_error_of_a_record_that_was_refused(wire: Wire) -> None:
    for path, record in (("/trigger/", trigger(recipients=[])), ("/v2/bulk/event/", event(event=""))):
        [refused] = read(wire.signed("POST", path, [record]), 202, 207)["records"]
        assert refused["status"] == "error", refused
        assert refused["error"]["message"] and isinstance(refused["status_code"], int), refused


@rule
def test_go_reads_numbers_as_numbers_and_lists_as_lists(wire: Wire) -> None:
    for path in ("subscriber_list", "tenant", "brand"):
        meta = read(wire.signed("GET", f"/v1/{path}/?limit=5"), 200)["meta"]
        assert [type(meta[name]) for name in ("count", "limit", "offset")] == [int, int, int], meta
    for path in ("user", "object/teams", "message"):
        meta = read(wire.signed("GET", f"/v1/{path}/?limit=5"), 200)["meta"]
        assert [type(meta[name]) for name in ("limit", "has_prev", "has_next")] == [int, bool, bool], meta
        assert all(meta[name] is None or isinstance(meta[name], str) for name in ("before", "after")), meta
    assert type(read(wire.signed("GET", "/v1/nothing/"), 404)["code"]) is int


@rule
def test_browsers_read_json_of_everything(wire: Wire) -> None:
    person = "distinct_id=u1&tenant_id=default"
    for method, target, document in (
        ("POST", "/v2/event", page_event()),
        ("GET", f"/v1/feed/notifications?{person}", None),
        ("POST", f"/v1/feed/bulk/notifications/seen?{person}", {"notification_ids": []}),
        ("PATCH", f"/v1/feed/mark_all_read?{person}", {}),
        ("PATCH", f"/v1/feed/reset_bell_count?{person}", {}),
        ("GET", "/v2/subscriber/u1/full_preference", None),
    ):
        assert isinstance(read(wire.browser(method, target, document), 200, 202), dict)


@rule
def test_browsers_find_results_and_meta_in_a_feed(wire: Wire) -> None:
    reply = read(wire.bearer("GET", "/v1/feed/notifications?distinct_id=nobody&tenant_id=default"), 200)
    assert reply == {"results": [], "meta": {"total_count": 0, "has_more": False}}


@rule
def test_browsers_believe_the_counts(wire: Wire) -> None:
    stores = quote(json.dumps([{"store_id": "news", "query": {"read": False}}]))
    target = f"/v1/feed/notifications_count?distinct_id=nobody&tenant_id=default&stores={stores}"
    counts = read(wire.browser("GET", target), 200)
    assert counts.pop("status", "success") == "success"
    assert counts == {"badge": 0, "news": 0}


@rule
def test_the_first_inbox_clients_find_results_and_meta(wire: Wire) -> None:
    seal = digest(wire.keys["inbox_secret"].encode(), b"u1", "sha256")
    subscriber = urlsafe_b64encode(seal).decode().rstrip("=")
    headers = {"Authorization": f"{wire.hub.workspace_key}:{uuid4()}"}
    query = f"subscriber_id={subscriber}&distinct_id=u1&tenant_id=default"
    page = f"&page_no=1&page_size=20&before={4_000_000_000_000}"
    reply = read(wire.send("GET", f"/notifications/?{query}{page}", None, headers), 200)
    assert isinstance(reply["results"], list), reply
    assert reply["meta"].keys() >= {"current_page", "total_pages"}, reply
    assert "ss_bell_count" in read(wire.send("GET", f"/notification_count/?{query}", None, headers), 200)


@rule
def test_mobiles_do_not_send_their_queue_again(wire: Wire) -> None:
    queue = [event(env=wire.hub.workspace_key), {"distinct_id": "u1", "$append": {"$email": "u1@example.com"}}]
    signature = {"date": "2024-01-02T03:04:05.678Z", "content_type": "application/json"}
    assert wire.signed("POST", "/event/", queue, **signature).status == 202


@rule
def test_browsers_may_read_every_reply_and_every_refusal(wire: Wire) -> None:
    for method, target in (
        ("GET", "/v1/feed/notifications?distinct_id=u1"),
        ("GET", "/v1/feed/notifications"),
        ("GET", "/v1/nothing"),
        ("POST", "/v2/event"),
        ("DELETE", "/v1/message/"),
    ):
        answer = wire.browser(method, target, {} if method == "POST" else None)
        assert answer.headers.get("Access-Control-Allow-Origin") in ("*", "https://shop.example.com"), (method, target)


@rule
def test_a_signed_request_is_never_redirected(wire: Wire) -> None:
    people = [{"distinct_id": "u1"}]
    body = {"name": "Redirects", "template": TEMPLATE, "notification_category": "system", "data": {}, "users": people}
    for target, document in ((f"/{wire.hub.workspace_key}/trigger", body), ("/event", event())):
        for form in (target, f"{target}/"):
            assert wire.signed("POST", form, document).status == 202
    for form in ("/v1/message?limit=1", "/v1/message/?limit=1"):
        assert wire.signed("GET", form).status == 200
