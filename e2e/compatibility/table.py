"""What is expected of the hub today, row by row: change the one word when it changes.

A test fails where a row is wrong in either direction, so the table can't go stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["served", "not served yet"]
SERVED: State = "served"
NOT_YET: State = "not served yet"

Client: TypeAlias = Literal["py10", "py20", "node", "web"]
PY10: Client = "py10"
PY20: Client = "py20"
NODE: Client = "node"
WEB: Client = "web"

TITLES: Mapping[Client, str] = {
    PY10: "Python 0.10.0",
    PY20: "Python 0.20.0",
    NODE: "Node 1.15.1",
    WEB: "browser 4.1.2",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A feature of some clients and whether the hub serves it; where clients differ it has several rows."""

    feature: str
    about: str
    path: str
    state: State
    clients: tuple[Client, ...]


def row(feature: str, about: str, path: str, state: State, *clients: Client) -> Row:
    """A row."""
    return Row(feature, about, path, state, clients)


SERVERS = (PY10, PY20, NODE)
NEWER = (PY20, NODE)

_TRIGGER = "POST /{key}/trigger/"
_NAMED = "POST /trigger/"
_EVENT = "POST /event/"
_EVENT_2 = "POST /v2/event"
_USER = "/v1/user/{id}/"
_OBJECT = "/v1/object/{type}/{id}/"
_LIST = "/v1/subscriber_list/{id}/"
_TENANT = "/v1/tenant/{id}/"
_PERSON = "/v2/subscriber/{id}/"
_FEED = "/v1/feed/"

TABLE: Mapping[str, tuple[Row, ...]] = {
    "Workflows": (
        row("trigger", "trigger what the call describes", _TRIGGER, SERVED, *SERVERS),
        row("trigger.bulk", "many at once", _TRIGGER, SERVED, *SERVERS),
        row("trigger.once", "the same idempotency key twice", _TRIGGER, SERVED, *SERVERS),
        row("trigger.tenant", "for a tenant", _TRIGGER, SERVED, *SERVERS),
        row("trigger.brand", "for a brand", _TRIGGER, SERVED, *SERVERS),
        row("trigger.attachments", "with files, by data and by URL", _TRIGGER, SERVED, *SERVERS),
        row("trigger.add_attachment", "with files, the deprecated way", _TRIGGER, SERVED, *SERVERS),
        row("trigger.api_key", "with an API key in place of a secret", _TRIGGER, SERVED, PY20),
        row("trigger.unknown_template", "a template that there isn't: the error is read", _TRIGGER, SERVED, *SERVERS),
        row("trigger.wrong_secret", "a wrong secret: the error is read", _TRIGGER, SERVED, *SERVERS),
        row("workflows.trigger", "trigger a workflow by its name", _NAMED, SERVED, *NEWER),
        row("workflows.bulk", "many at once, by name", _NAMED, SERVED, *NEWER),
        row("workflows.once", "the same idempotency key twice, by name", _NAMED, SERVED, *NEWER),
        row("workflows.tenant", "for a tenant, by name", _NAMED, SERVED, *NEWER),
        row("workflows.attachments", "with files, by name", _NAMED, SERVED, *NEWER),
        row("workflows.actor", "with actor, metadata and cancellation key", _NAMED, SERVED, *NEWER),
        row("workflows.object", "to an object and its subscribers", _NAMED, SERVED, *NEWER),
    ),
    "Events": (
        row("event", "track an event", _EVENT, SERVED, PY10, NODE),
        row("event", "track an event", _EVENT_2, SERVED, PY20),
        row("event.bulk", "many at once", _EVENT, SERVED, PY10, NODE),
        row("event.bulk", "many at once", "POST /v2/bulk/event/", SERVED, PY20),
        row("event.track", "the deprecated way", _EVENT, SERVED, PY10, NODE),
        row("event.track", "the deprecated way", _EVENT_2, SERVED, PY20),
        row("event.attachment", "with a file", _EVENT, SERVED, PY10, NODE),
        row("event.attachment", "with a file", _EVENT_2, SERVED, PY20),
        row("event.receipt", "a notification was clicked", _EVENT, SERVED, PY10, NODE),
        row("event.receipt", "a notification was clicked", _EVENT_2, SERVED, PY20),
        row("event.starts_workflow", "an event starts a workflow", _EVENT, SERVED, PY10, NODE),
        row("event.starts_workflow", "an event starts a workflow", _EVENT_2, SERVED, PY20),
    ),
    "Profiles": (
        row("user.properties", "set, set once, increment, append, remove, unset", _EVENT, SERVED, *SERVERS),
        row("user.preferred_language", "preferred language", _EVENT, SERVED, *SERVERS),
        row("user.timezone", "time zone", _EVENT, SERVED, *NEWER),
        row("user.locale", "locale", _EVENT, SERVED, PY20),
        row("user.email", "mail addresses", _EVENT, SERVED, *SERVERS),
        row("user.sms", "numbers for texts", _EVENT, SERVED, *SERVERS),
        row("user.whatsapp", "numbers for WhatsApp", _EVENT, SERVED, *SERVERS),
        row("user.androidpush", "Android devices", _EVENT, SERVED, *SERVERS),
        row("user.androidpush_fcm", "Android devices by FCM", _EVENT, SERVED, *SERVERS),
        row("user.androidpush_xiaomi", "Android devices by Xiaomi", _EVENT, SERVED, *SERVERS),
        row("user.androidpush_oppo", "Android devices by OPPO", _EVENT, SERVED, *SERVERS),
        row("user.iospush", "iOS devices", _EVENT, SERVED, *SERVERS),
        row("user.iospush_apns", "iOS devices by APNs", _EVENT, SERVED, *SERVERS),
        row("user.webpush", "browsers", _EVENT, SERVED, *SERVERS),
        row("user.webpush_vapid", "browsers by VAPID", _EVENT, SERVED, *SERVERS),
        row("user.slack", "Slack", _EVENT, SERVED, *SERVERS),
        row("user.slack_email", "Slack, by mail address alone (deprecated)", _EVENT, SERVED, NODE),
        row("user.slack_userid", "Slack, by member id alone (deprecated)", _EVENT, SERVED, NODE),
        row("user.ms_teams", "Microsoft Teams", _EVENT, SERVED, *SERVERS),
        row("user.unset_channel", "remove a whole channel", _EVENT, SERVED, *SERVERS),
        row("user.new", "open a profile the deprecated way", _EVENT, SERVED, PY10, PY20),
        row("user.new_user", "open a profile the deprecated way", _EVENT, SERVED, NODE),
        row("user.bulk", "many at once", _EVENT, SERVED, *SERVERS),
        row("user.bulk_trigger", "many at once, the deprecated way", _EVENT, SERVED, *SERVERS),
    ),
    "Users": (
        row("users.upsert", "write a profile", f"POST {_USER}", SERVED, *NEWER),
        row("users.get", "read a profile", f"GET {_USER}", SERVED, *NEWER),
        row("users.get_unknown", "somebody unknown: the error is read", f"GET {_USER}", SERVED, *NEWER),
        row("users.list", "list profiles", "GET /v1/user/", SERVED, *NEWER),
        row("users.edit", "edit properties", f"PATCH {_USER}", SERVED, *NEWER),
        row("users.edit_addresses", "edit addresses of every channel", f"PATCH {_USER}", SERVED, *NEWER),
        row("users.edit_settings", "edit language and time zone", f"PATCH {_USER}", SERVED, *NEWER),
        row("users.edit_locale", "edit the locale", f"PATCH {_USER}", SERVED, PY20),
        row("users.edit_payload", "edit by a list of operations", f"PATCH {_USER}", SERVED, *NEWER),
        row("users.async_edit", "edit properties, later", _EVENT, SERVED, *NEWER),
        row("users.async_edit_addresses", "edit addresses of every channel, later", _EVENT, SERVED, *NEWER),
        row("users.bulk_edit", "edit many", _EVENT, SERVED, *NEWER),
        row("users.merge", "merge two profiles", f"POST {_USER}merge/", SERVED, *NEWER),
        row("users.delete", "delete a profile", f"DELETE {_USER}", SERVED, *NEWER),
        row("users.bulk_delete", "delete many", "DELETE /v1/bulk/user/", SERVED, *NEWER),
        row(
            "users.objects", "objects that somebody subscribes to", f"GET {_USER}subscribed_to/object/", SERVED, *NEWER
        ),
        row("users.lists", "lists that somebody is on", f"GET {_USER}subscribed_to/list/", SERVED, *NEWER),
        row("users.tenant", "a profile for a tenant, and its tenants", f"{_USER}tenant/{{tenant}}/", SERVED, PY20),
        row("users.tenant_edit", "edit a profile for a tenant", f"PATCH {_USER}tenant/{{tenant}}/", SERVED, PY20),
        row("users.tenant_unlink", "end a profile for a tenant", f"DELETE {_USER}tenant/{{tenant}}/", SERVED, PY20),
        row("users.preference", "read preferences", f"GET {_USER}preference/", SERVED, PY20),
        row("users.preference_category", "read and set a category", f"{_USER}preference/category/{{c}}/", SERVED, PY20),
        row("users.preference_channels", "set channels", f"PATCH {_USER}preference/channel_preference/", SERVED, PY20),
    ),
    "Objects": (
        row("objects.get", "write and read", _OBJECT, SERVED, *NEWER),
        row("objects.list", "list those of a type", "GET /v1/object/{type}/", SERVED, *NEWER),
        row("objects.edit", "edit properties", f"PATCH {_OBJECT}", SERVED, *NEWER),
        row("objects.edit_addresses", "edit addresses of every channel", f"PATCH {_OBJECT}", SERVED, *NEWER),
        row("objects.edit_settings", "edit language and time zone", f"PATCH {_OBJECT}", SERVED, *NEWER),
        row("objects.edit_locale", "edit the locale", f"PATCH {_OBJECT}", SERVED, PY20),
        row("objects.get_instance", "edit, opened the deprecated way", f"PATCH {_OBJECT}", SERVED, NODE),
        row("objects.edit_payload", "edit by a list of operations", f"PATCH {_OBJECT}", SERVED, *NEWER),
        row("objects.delete", "delete", f"DELETE {_OBJECT}", SERVED, *NEWER),
        row("objects.bulk_delete", "delete many", "DELETE /v1/bulk/object/{type}/", SERVED, *NEWER),
        row("objects.subscribe", "subscribe, and list subscriptions", f"{_OBJECT}subscription/", SERVED, *NEWER),
        row("objects.unsubscribe", "end subscriptions", f"DELETE {_OBJECT}subscription/", SERVED, *NEWER),
        row("objects.parents", "objects that one subscribes to", f"GET {_OBJECT}subscribed_to/object/", SERVED, *NEWER),
        row("objects.preference", "read preferences", f"GET {_OBJECT}preference/", SERVED, PY20),
        row(
            "objects.preference_category",
            "read and set a category",
            f"{_OBJECT}preference/category/{{c}}/",
            SERVED,
            PY20,
        ),
        row(
            "objects.preference_channels",
            "set channels",
            f"PATCH {_OBJECT}preference/channel_preference/",
            SERVED,
            PY20,
        ),
    ),
    "Lists": (
        row("lists.get", "create and read", _LIST, SERVED, *SERVERS),
        row("lists.get_all", "list lists", "GET /v1/subscriber_list/", SERVED, *SERVERS),
        row("lists.add", "add subscribers", f"POST {_LIST}subscriber/add/", SERVED, *SERVERS),
        row("lists.remove", "remove subscribers", f"POST {_LIST}subscriber/remove/", SERVED, *SERVERS),
        row("lists.delete", "delete", f"PATCH {_LIST}delete/", SERVED, PY10, NODE),
        row("lists.delete", "delete", f"DELETE {_LIST}", SERVED, PY20),
        row("lists.broadcast", "broadcast", "POST /{key}/broadcast/", SERVED, *SERVERS),
        row("lists.broadcast_attachment", "broadcast with a file", "POST /{key}/broadcast/", SERVED, *SERVERS),
        row("lists.sync", "start a draft, fill and read it", f"{_LIST}version/{{v}}/", SERVED, *SERVERS),
        row(
            "lists.finish_sync",
            "put a draft in place of the list",
            f"{_LIST}version/{{v}}/finish_sync/",
            SERVED,
            *SERVERS,
        ),
        row("lists.delete_version", "discard a draft", f"PATCH {_LIST}version/{{v}}/delete/", SERVED, PY10, NODE),
        row("lists.delete_version", "discard a draft", f"DELETE {_LIST}version/{{v}}/", SERVED, PY20),
    ),
    "Tenants": (
        row("tenants.get", "write and read", _TENANT, SERVED, *SERVERS),
        row("tenants.list", "list", "GET /v1/tenant/", SERVED, *SERVERS),
        row("tenants.delete", "delete", f"DELETE {_TENANT}", SERVED, PY10, PY20),
        row("tenants.get_unknown", "a tenant that there isn't: the error is read", f"GET {_TENANT}", SERVED, *SERVERS),
        row("tenants.categories", "read defaults of categories", f"GET {_TENANT}preference/category/", SERVED, PY20),
        row("tenants.update_category", "set a default", f"PATCH {_TENANT}preference/category/{{c}}/", SERVED, PY20),
        row("brands.get", "write and read, as brands", "/v1/brand/{id}/", SERVED, *SERVERS),
        row("brands.list", "list, as brands", "GET /v1/brand/", SERVED, *SERVERS),
    ),
    "Messages": (
        row("messages.list", "list, with filters", "GET /v1/message/", SERVED, *NEWER),
        row("messages.bulk_update", "mark many", "PATCH /v1/bulk/message/", SERVED, *NEWER),
    ),
    "Browser": (
        row("web.identify", "say who it is", _EVENT_2, SERVED, WEB),
        row("web.identify_token", "with a user token, where the key wants one", _EVENT_2, SERVED, WEB),
        row("web.reset", "forget who it was", _EVENT_2, SERVED, WEB),
        row("web.track", "track an event", _EVENT_2, SERVED, WEB),
        row("web.starts_workflow", "an event starts a workflow", _EVENT_2, SERVED, WEB),
        row("web.properties", "set, set once, increment, append, remove, unset", _EVENT_2, SERVED, WEB),
        row("web.settings", "preferred language and time zone", _EVENT_2, SERVED, WEB),
        row("web.email", "mail addresses", _EVENT_2, SERVED, WEB),
        row("web.sms", "numbers for texts", _EVENT_2, SERVED, WEB),
        row("web.whatsapp", "numbers for WhatsApp", _EVENT_2, SERVED, WEB),
        row("web.webpush", "browsers", _EVENT_2, SERVED, WEB),
        row("web.slack", "Slack", _EVENT_2, SERVED, WEB),
        row("web.ms_teams", "Microsoft Teams", _EVENT_2, SERVED, WEB),
        row("web.push", "register for pushes", _EVENT_2, SERVED, WEB),
        row("web.push_removed", "end pushes", _EVENT_2, SERVED, WEB),
        row("web.push_delivered", "the service worker shows a push and says so", _EVENT_2, SERVED, WEB),
        row("web.push_clicked", "the service worker says that it was clicked", _EVENT_2, SERVED, WEB),
        row("web.push_dismissed", "the service worker says that it was closed", _EVENT_2, SERVED, WEB),
        row("web.preferences", "read preferences", f"GET {_PERSON}full_preference", SERVED, WEB),
        row("web.categories", "read categories", f"GET {_PERSON}category", SERVED, WEB),
        row("web.channels", "read channels", f"GET {_PERSON}channel_preference", SERVED, WEB),
        row("web.update_category", "set a category", f"PATCH {_PERSON}category/{{c}}", SERVED, WEB),
        row("web.update_category_channel", "set a category's channel", f"PATCH {_PERSON}category/{{c}}", SERVED, WEB),
        row("web.update_channel", "set a channel", f"PATCH {_PERSON}channel_preference", SERVED, WEB),
    ),
    "Inbox": (
        row("feed.fetch", "the first page", f"GET {_FEED}notifications", SERVED, WEB),
        row("feed.next_page", "the next page", f"GET {_FEED}notifications", SERVED, WEB),
        row("feed.count", "counts", f"GET {_FEED}notifications_count", SERVED, WEB),
        row("feed.details", "one notification", f"GET {_FEED}notifications/{{id}}", SERVED, WEB),
        row("feed.seen", "mark as seen", f"PATCH {_FEED}notifications/{{id}}/seen", SERVED, WEB),
        row("feed.read", "mark as read", f"PATCH {_FEED}notifications/{{id}}/read", SERVED, WEB),
        row("feed.unread", "mark as unread", f"PATCH {_FEED}notifications/{{id}}/unread", SERVED, WEB),
        row("feed.interacted", "mark as clicked", f"PATCH {_FEED}notifications/{{id}}/interacted", SERVED, WEB),
        row("feed.archived", "archive", f"PATCH {_FEED}notifications/{{id}}/archive", SERVED, WEB),
        row("feed.bulk_seen", "mark many as seen", f"POST {_FEED}bulk/notifications/seen", SERVED, WEB),
        row("feed.reset_badge", "reset the bell's number", f"PATCH {_FEED}reset_bell_count", SERVED, WEB),
        row("feed.read_all", "mark all as read", f"PATCH {_FEED}mark_all_read", SERVED, WEB),
        row("feed.stores", "tabs with counts of their own", f"GET {_FEED}notifications", SERVED, WEB),
        row("feed.reset", "close a feed", f"GET {_FEED}notifications", SERVED, WEB),
        row("feed.live", "a new notification arrives by itself", "/socket.io/", SERVED, WEB),
        row("feed.live_update", "what another device marks is seen here", "/socket.io/", SERVED, WEB),
        row("feed.live_bulk", "what another device has seen is seen here", "/socket.io/", SERVED, WEB),
        row("feed.live_read_all", "another device marks all as read", "/socket.io/", SERVED, WEB),
        row("feed.live_badge", "another device resets the bell's number", "/socket.io/", SERVED, WEB),
    ),
}


# What keeps unmodified clients working, and what breaks one of them: the tests of e2e/test_wire.py, by their names.
RULES: Mapping[str, State] = {
    "test_a_signature_covers_the_bytes_of_the_body_however_they_are_written": SERVED,
    "test_any_form_of_the_date_is_taken_from_either_header": SERVED,
    "test_a_path_may_be_signed_as_it_was_sent_or_decoded": SERVED,
    "test_no_path_is_redirected_to_its_form_with_or_without_a_slash": SERVED,
    "test_every_reply_of_the_api_is_json": SERVED,
    "test_a_bulk_reply_has_a_record_for_each_input_in_the_same_order": SERVED,
    "test_a_refused_bulk_event_has_records_too": SERVED,
    "test_no_error_is_null": SERVED,
    "test_events_are_answered_with_202": SERVED,
    "test_no_browser_is_told_another_status_than_success_or_error": SERVED,
    "test_a_page_of_any_origin_may_send_what_the_client_sends": SERVED,
    "test_there_is_one_error_body": SERVED,
    "test_python_reads_json_of_an_event_whatever_its_status": SERVED,
    "test_python_reads_the_records_of_a_bulk_trigger": SERVED,
    "test_python_reads_the_records_of_bulk_events_whatever_their_status": SERVED,
    "test_python_reads_the_message_of_a_refused_trigger_and_event": SERVED,
    "test_python_reads_json_of_every_list": SERVED,
    "test_node_saves_many_profiles_though_one_of_them_is_wrong": SERVED,
    "test_node_reads_the_message_of_every_refusal": SERVED,
    "test_go_reads_the_status_of_every_bulk_reply": SERVED,
    "test_go_reads_the_error_of_a_record_that_was_refused": SERVED,
    "test_go_reads_numbers_as_numbers_and_lists_as_lists": SERVED,
    "test_browsers_read_json_of_everything": SERVED,
    "test_browsers_find_results_and_meta_in_a_feed": SERVED,
    "test_browsers_believe_the_counts": SERVED,
    "test_the_first_inbox_clients_find_results_and_meta": SERVED,
    "test_mobiles_do_not_send_their_queue_again": SERVED,
    "test_browsers_may_read_every_reply_and_every_refusal": SERVED,
    "test_a_signed_request_is_never_redirected": SERVED,
}


def expectations() -> dict[tuple[Client, str], State]:
    """What is expected of each client and feature."""
    found: dict[tuple[Client, str], State] = {}
    for section in TABLE.values():
        for each in section:
            for client in each.clients:
                assert (client, each.feature) not in found, f"{each.feature} has two rows for {client}"
                found[client, each.feature] = each.state
    return found
