"""The in-app inbox in a browser: its pages, its marks, its counts and its socket."""

from collections.abc import Callable
from typing import Any

from e2e.compatibility.features.browser import message
from e2e.compatibility.proofs import PATIENCE_SECONDS, write_to
from e2e.compatibility.scene import CATEGORY
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, saved
from e2e.running import until

FIRST = saved("page.body.results.0.n_id")
STORES = [
    {"storeId": "unread", "label": "Unread", "query": {"read": False}},
    {"storeId": "news", "label": "News", "query": {"categories": [CATEGORY]}},
]

Steps = Callable[[Subject], list[Step]]


def notify(subject: Subject) -> None:
    """Put a notification into somebody's inbox."""
    write_to(subject.hub, subject.id, [])


def notify_twice(subject: Subject) -> None:
    """Put two there."""
    notify(subject)
    notify(subject)


def notify_of_both(subject: Subject) -> None:
    """Put one of each category there."""
    notify(subject)
    write_to(subject.hub, subject.id, [], notification_category=CATEGORY)


def opened(steps: list[Step], **options: Any) -> Steps:
    """Open somebody's feed and its first page."""

    def everything(subject: Subject) -> list[Step]:
        return [
            call("identify", subject.id),
            _open(subject, "feeds", "feed", **options),
            call("feed.fetch", save="page"),
            *steps,
        ]

    return everything


def _open(subject: Subject, feeds: str, name: str, **options: Any) -> Step:
    host = {"apiHost": subject.hub.base_url, "socketHost": subject.hub.base_url}
    return call(f"{feeds}.initialize", host=host, save=name, **options)


def notifications(subject: Subject) -> list[dict[str, Any]]:
    """Somebody's inbox, newest first."""
    found: list[dict[str, Any]] = subject.hub.get("/v1/feed/notifications", distinct_id=subject.id)["results"]
    return found


def _is_page(subject: Subject, values: Values) -> None:
    page = values[2]["body"]
    assert [each["message"]["header"][:5] for each in page["results"]] == ["Hello"], page
    assert page["meta"] == {"total_count": 1, "has_more": False}, page


def _is_second_page(subject: Subject, values: Values) -> None:
    first, second = values[-2]["body"], values[-1]["body"]
    assert (first["meta"]["has_more"], second["meta"]["has_more"]) == (True, False), (first, second)
    assert first["results"][0]["n_id"] != second["results"][0]["n_id"], (first, second)


def _counts(number: int) -> Callable[[Subject, Values], None]:
    def proof(subject: Subject, values: Values) -> None:
        assert values[-1]["body"]["badge"] == number, values[-1]

    return proof


def _is_detail(subject: Subject, values: Values) -> None:
    page, detail = values[-2]["body"], values[-1]["body"]
    assert detail == page["results"][0], (page, detail)


def _marked(*names: str) -> Callable[[Subject, Values], None]:
    """See that the hub holds these marks of the only notification."""

    def proof(subject: Subject, values: Values) -> None:
        until(lambda: notifications(subject)[0], lambda found: all(found[name] for name in names), PATIENCE_SECONDS)

    return proof


def _is_unread(subject: Subject, values: Values) -> None:
    assert notifications(subject)[0]["read_on"] is None


def _is_archived(subject: Subject, values: Values) -> None:
    assert all(each["archived"] for each in notifications(subject))


def _all_are_read(subject: Subject, values: Values) -> None:
    assert [bool(each["read_on"]) for each in notifications(subject)] == [True, True]


def _stores_differ(subject: Subject, values: Values) -> None:
    counts, news = values[-2]["body"], values[-1]["body"]
    assert (counts["badge"], counts["unread"], counts["news"]) == (2, 2, 1), counts
    assert [each["n_category"] for each in news["results"]] == [CATEGORY], news


def live(*steps: Step) -> Steps:
    """Open somebody's feed on two devices; the first one listens."""

    def everything(subject: Subject) -> list[Step]:
        return [
            *opened([call("feed.initializeSocketConnection"), call("stage.connected", saved("feed"))])(subject),
            call("stage.device", save="device"),
            call("device.identify", subject.id),
            _open(subject, "device.feeds", "other"),
            call("other.fetch"),
            *steps,
        ]

    return everything


def _arriving(subject: Subject) -> list[Step]:
    return [
        *live(call("stage.next", saved("feed.emitter"), "feed.new_notification", save="later"))(subject),
        call("stage.trigger", message(subject)),
        call("stage.arrived", saved("later")),
        call("stage.counts", saved("feed"), "badge", 1),
        call("feed.remove"),
    ]


def _has_arrived(subject: Subject, values: Values) -> None:
    [notification] = notifications(subject)
    assert values[-3] == notification, values[-3]


def _removing(subject: Subject) -> list[Step]:
    return [
        *opened([call("feed.reset"), call("feeds.removeInstance", saved("feed"))])(subject),
        call("feeds.removeAll"),
    ]


FEATURES = {
    "feed.fetch": Feature(opened([]), _is_page, notify),
    "feed.next_page": Feature(opened([call("feed.fetchNextPage")], pageSize=1), _is_second_page, notify_twice),
    "feed.count": Feature(opened([call("feed.fetchCount")]), _counts(2), notify_twice),
    "feed.details": Feature(opened([call("feed.fetchDetails", FIRST)]), _is_detail, notify),
    "feed.seen": Feature(opened([call("feed.markAsSeen", FIRST)]), _marked("seen_on"), notify),
    "feed.read": Feature(opened([call("feed.markAsRead", FIRST)]), _marked("seen_on", "read_on"), notify),
    "feed.unread": Feature(
        opened([call("feed.markAsRead", FIRST), call("feed.markAsUnread", FIRST)]), _is_unread, notify
    ),
    "feed.interacted": Feature(
        opened([call("feed.markAsInteracted", FIRST)]), _marked("interacted_on", "read_on"), notify
    ),
    "feed.archived": Feature(opened([call("feed.markAsArchived", FIRST)]), _is_archived, notify),
    "feed.bulk_seen": Feature(opened([call("feed.markBulkAsSeen", [FIRST])]), _marked("seen_on"), notify),
    "feed.reset_badge": Feature(
        opened([call("feed.resetBadgeCount"), call("feed.fetchCount")]), _counts(0), notify_twice
    ),
    "feed.read_all": Feature(opened([call("feed.markAllAsRead")]), _all_are_read, notify_twice),
    "feed.stores": Feature(
        opened([call("feed.fetchCount"), call("feed.changeActiveStore", "news")], stores=STORES),
        _stores_differ,
        notify_of_both,
    ),
    "feed.reset": Feature(_removing, lambda who, values: None, notify),
    "feed.live": Feature(_arriving, _has_arrived),
    "feed.live_update": Feature(
        live(call("other.markAsRead", FIRST), call("stage.shows", saved("feed"), "notifications.0.read_on")),
        _marked("read_on"),
        notify,
    ),
    "feed.live_bulk": Feature(
        live(call("other.markBulkAsSeen", [FIRST]), call("stage.shows", saved("feed"), "notifications.0.seen_on")),
        _marked("seen_on"),
        notify,
    ),
    "feed.live_read_all": Feature(
        live(call("other.markAllAsRead"), call("stage.shows", saved("feed"), "notifications.0.read_on")),
        _marked("read_on"),
        notify,
    ),
    "feed.live_badge": Feature(
        live(
            call("feed.fetchCount"),
            call("other.resetBadgeCount"),
            call("stage.counts", saved("feed"), "badge", 0),
        ),
        lambda who, values: None,
        notify,
    ),
}
