"""Random programs of an app that uses the client: right ones, and wrong ones of every kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Program = dict[str, Any]

text = st.text(max_size=12) | st.sampled_from(["", " ", "u1", " u1 ", "ß☃😀", "a/b c", "$x", "ss_y", "SS_z", "x" * 300])
word = st.sampled_from(["wf", "Purchase Workflow", "tp", "x", "", "système"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(text, json_values, max_size=4)
odd: st.SearchStrategy[Any] = (
    st.none() | st.integers(-1, 3) | st.lists(st.integers(0, 3), max_size=2) | st.just({}) | st.booleans()
)

emails = st.sampled_from(["ada@example.com", " ada@example.com ", "a@b.c", "nope", "a@b", "x" * 120 + "@b.example", ""])
numbers = st.sampled_from(["+15005550006", "+1 500 555 0006", "15005550006", "+1", "+abc", " +15005550006", ""])
tokens = st.sampled_from(["token", " token ", "", "t" * 300])
providers = st.sampled_from(["fcm", "FCM", "xiaomi", "oppo", "apns", "vapid", "other", "", None])
details = st.sampled_from(
    [{"endpoint": "https://push.example", "keys": {"auth": "a"}}, {"email": "a@b.cd"}, {"user_id": "U123"}, {}]
)
names = st.sampled_from(
    ["ORDER", "  ORDER ", "$identify", "$notification_clicked", "$mine", "ss_mine", "SS_X", "", "é"]
)
ids = st.sampled_from(["u1", " u1 ", "", " ", "ünïcode", "a/b c", "u" * 100])

options = st.fixed_dictionaries(
    {},
    optional={
        "idempotency_key": st.sampled_from([None, "", "key", "k" * 255, "k" * 256]),
        "tenant_id": st.sampled_from([None, "", "acme", "t" * 64, "t" * 65]),
        "brand_id": st.sampled_from([None, "brand", "b" * 65]),
    },
)


def mostly(right: st.SearchStrategy[Any], wrong: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a right value three times of four."""
    return st.integers(0, 3).flatmap(lambda luck: wrong if luck == 0 else right)


def one_or_many(item: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a value, or a list of them."""
    return item | st.lists(item, max_size=3)


android_tokens = st.fixed_dictionaries(
    {"token": tokens}, optional={"provider": providers, "device_id": st.sampled_from([None, "d"])}
)
users = st.fixed_dictionaries(
    {},
    optional={
        "distinct_id": mostly(ids, odd),
        "is_transient": mostly(st.booleans(), odd),
        "$channels": mostly(st.lists(st.sampled_from(["email", "sms", "inbox", "fax"]), max_size=3), odd),
        "$email": mostly(one_or_many(emails), odd),
        "$sms": mostly(one_or_many(numbers), odd),
        "$whatsapp": one_or_many(numbers),
        "$androidpush": mostly(one_or_many(android_tokens) | one_or_many(tokens), odd),
        "$iospush": one_or_many(android_tokens),
        "$webpush": one_or_many(details),
        "$slack": one_or_many(details),
        "$ms_teams": one_or_many(details),
        "$inbox": one_or_many(tokens),
        "unknown": odd,
    },
)
right_users = st.fixed_dictionaries(
    {"distinct_id": st.sampled_from(["u1", "u2"])}, optional={"$email": st.just("ada@example.com")}
)
deliveries = st.fixed_dictionaries(
    {},
    optional={
        "smart": mostly(st.booleans(), odd),
        "success": mostly(st.sampled_from(["seen", "delivered"]), odd),
        "time_to_live": mostly(st.just("1h"), odd),
        "mandatory_channels": mostly(st.lists(st.sampled_from(["email", "fax"]), max_size=2), odd),
        "unknown": odd,
    },
)
bodies = st.fixed_dictionaries(
    {
        "name": mostly(st.just("wf"), word | odd),
        "template": mostly(st.just("tp"), word | odd),
        "notification_category": mostly(st.just("system"), word | odd),
        "users": mostly(st.lists(right_users, min_size=1, max_size=3), st.lists(users, max_size=3) | odd),
    },
    optional={
        "data": mostly(objects, odd),
        "delivery": mostly(deliveries, odd),
        "delay": st.sampled_from([0, 90, "1d2h", "", 1.0, 1.5, -1, None, True]),
        "trigger_at": st.sampled_from(["2026-01-01T00:00:00Z", "x", "", 5]),
        "unknown": json_values,
    },
)
full_bodies = st.integers(0, 101).map(
    lambda count: {
        "name": "wf",
        "template": "tp",
        "notification_category": "system",
        "users": [{"distinct_id": f"u{n}"} for n in range(count)],
    }
)
broadcasts = st.fixed_dictionaries(
    {
        "list_id": mostly(st.just("beta"), word | odd),
        "template": mostly(st.just("tp"), word | odd),
        "notification_category": mostly(st.just("system"), word | odd),
    },
    optional={
        "data": mostly(objects, odd),
        "channels": mostly(st.lists(st.sampled_from(["email", "fax"]), max_size=2), odd),
        "delay": st.sampled_from([0, 90, "1d2h", -1]),
        "trigger_at": st.sampled_from(["2026-01-01T00:00:00Z", "x"]),
    },
)


def _with_options(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Program]:
    return st.builds(lambda given, made: {**made, **given}, options, st.fixed_dictionaries(fields))


workflows = _with_options(kind=st.just("workflow"), body=mostly(bodies, full_bodies | odd))
plain_workflows = st.fixed_dictionaries({"kind": st.just("plain workflow"), "body": bodies})
events = _with_options(
    kind=st.just("event"),
    distinct_id=mostly(ids, odd),
    name=mostly(names, odd),
    properties=mostly(objects, odd),
)
tracks = st.fixed_dictionaries(
    {"kind": st.just("track"), "arguments": st.tuples(ids, names, objects | st.none()).map(list)}
)

key_values = st.tuples(text, json_values).map(list) | objects.map(lambda values: [values])
_verbs = ("append", "set", "set_once", "increment", "remove")
general_edits = st.tuples(st.sampled_from(_verbs), mostly(key_values, odd.map(lambda value: [value]))).map(
    lambda drawn: [drawn[0], *drawn[1]]
)


def _edits(verbs: list[str], *values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(verbs), *values).map(list)


identity_dictionaries = st.fixed_dictionaries(
    {},
    optional={
        "$email": emails,
        "$sms": numbers,
        "$androidpush": tokens,
        "$pushvendor": providers,
        "$webpush": details,
        "$slack": details,
        "plain": json_values,
        "$reserved": json_values,
    },
)
edits = st.one_of(
    general_edits,
    _edits(["append", "remove"], identity_dictionaries),
    _edits(["unset"], text | st.lists(mostly(text, odd), max_size=3) | odd),
    _edits(["add_email", "remove_email"], mostly(emails, odd)),
    _edits(["add_sms", "remove_sms", "add_whatsapp", "remove_whatsapp"], mostly(numbers, odd)),
    _edits(["add_androidpush", "remove_androidpush", "add_iospush", "remove_iospush"], mostly(tokens, odd), providers),
    _edits(["add_webpush", "remove_webpush"], mostly(details, odd), providers),
    _edits(["add_slack", "remove_slack", "add_ms_teams", "remove_ms_teams"], mostly(details, odd)),
    _edits(["set_preferred_language"], st.sampled_from(["en", "xx", "EN", "", None, 5])),
)
profiles = st.fixed_dictionaries(
    {"kind": st.just("user"), "distinct_id": mostly(ids, odd), "edits": st.lists(edits, max_size=5)}
)
right_profiles = st.fixed_dictionaries(
    {"kind": st.just("user"), "distinct_id": st.sampled_from(["u1", "u2"]), "edits": st.lists(edits, max_size=3)}
)

limits = st.sampled_from([20, 0, 1000, 1001, -1, None, "5"])
offsets = st.sampled_from([0, 5, -1, None])
item_ids = st.sampled_from(["acme", "acme co", "a/b", " acme ", "ü", "a+b", "", " ", None, 5])
members = st.sampled_from([["u1", "u2"], [], "u1", None])


def _calls(resource: str, method: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Program]:
    made = st.tuples(*arguments).map(list)
    return made.map(lambda drawn: {"kind": "call", "resource": resource, "method": method, "arguments": drawn})


calls = st.one_of(
    *(
        _calls(resource, method, limits, offsets)
        for resource, method in (("tenants", "list"), ("brands", "list"), ("subscriber_lists", "get_all"))
    ),
    *(_calls("tenants", method, item_ids) for method in ("get", "delete")),
    _calls("tenants", "upsert", item_ids, objects | st.none()),
    _calls("brands", "get", item_ids),
    _calls("brands", "upsert", item_ids, objects | st.none()),
    _calls(
        "subscriber_lists",
        "create",
        st.none() | st.fixed_dictionaries({}, optional={"list_id": item_ids, "list_name": text}),
    ),
    *(_calls("subscriber_lists", method, item_ids) for method in ("get", "delete", "start_sync")),
    *(_calls("subscriber_lists", method, item_ids, members) for method in ("add", "remove")),
    *(
        _calls("subscriber_lists", method, item_ids, item_ids)
        for method in ("get_version", "finish_sync", "delete_version")
    ),
    *(
        _calls("subscriber_lists", method, item_ids, item_ids, members)
        for method in ("add_to_version", "remove_from_version")
    ),
)

KINDS: dict[str, st.SearchStrategy[Program]] = {
    "workflows": workflows | plain_workflows,
    "events": events | tracks,
    "profiles": profiles,
    "broadcasts": _with_options(kind=st.just("broadcast"), body=mostly(broadcasts, odd)),
    "calls": calls,
    "bulk workflows": st.fixed_dictionaries(
        {
            "kind": st.just("bulk_workflows"),
            "records": st.lists(_with_options(kind=st.just("workflow"), body=bodies), max_size=4),
        }
    ),
    "bulk events": st.fixed_dictionaries({"kind": st.just("bulk_events"), "records": st.lists(events, max_size=4)}),
    "bulk profiles": st.fixed_dictionaries(
        {"kind": st.just("bulk_users"), "records": st.lists(right_profiles, max_size=4)}
    ),
}

answers = st.sampled_from(
    [
        (202, b"Message received", "text/plain"),
        (202, b'{"success": true}', "application/json"),
        (202, b'{"results": [], "meta": {"count": 0}}', "application/json"),
        (400, b'{"code": 400, "message": "name is required"}', "application/json; charset=utf-8"),
        (404, b'{"detail": "not found"}', "application/json"),
        (401, b"who are you?", "text/plain"),
        (500, b"<html>oh dear</html>", "text/html"),
        (503, b"later", "text/plain"),
    ]
)
