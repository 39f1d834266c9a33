"""Subscriber lists: keep them, synchronise them, and broadcast to them (wire.md 3.5 and 3.6)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NotRequired, TypedDict, TypeVar

from suprsend.encoding import CALL_LIMIT, encode, new_id, readable
from suprsend.errors import InputValueError, SuprsendValidationError
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Send, Steps, exchange
from suprsend.resources.attachment import attach_to_body
from suprsend.resources.call import OffsetPage, Options, call, form_quoted, named, page, query
from suprsend.resources.schema import enforce
from suprsend.resources.workflow_schema import broadcast as broadcast_rules
from suprsend.results import Result, read_result
from suprsend.settings import Settings

C = TypeVar("C", bound=HasSettings)

ROOT = "v1/subscriber_list/"


class Affected(TypedDict):
    """How many members a change reached."""

    success: bool
    affected_count: NotRequired[int]


@dataclass(slots=True, eq=False)
class SubscriberListBroadcast:
    """One message to every member of a list.

    `body` needs `list_id`, `template` and `notification_category`; it may have `channels`, `delay`, `trigger_at`
    and `data`. Raises InputValueError if `body` is no dictionary.

        SubscriberListBroadcast({"list_id": "beta", "template": "news", "notification_category": "promotional"})
    """

    body: dict[str, Any]
    idempotency_key: str | None = None
    tenant_id: str | None = None
    brand_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.body, dict):
            raise InputValueError("broadcast body must be a json/dictionary")

    def add_attachment(self, file_path: str, file_name: str | None = None, ignore_if_error: bool = False) -> None:
        """Add a file or an http(s) URL to `data.$attachments`; see `Workflow.add_attachment`."""
        attach_to_body(self.body, file_path, file_name, ignore_if_error=ignore_if_error)

    def as_json(self) -> dict[str, Any]:
        """Return the body as it would be sent, unchecked."""
        named_fields = (
            ("$idempotency_key", self.idempotency_key),
            ("tenant_id", self.tenant_id),
            ("brand_id", self.brand_id),
        )
        return self.body | {name: value for name, value in named_fields if value}


def broadcasting(broadcast: SubscriberListBroadcast, settings: Settings) -> Send:
    """Return the request that makes one broadcast; the same `$insert_id` never makes two."""
    if not isinstance(broadcast, SubscriberListBroadcast):
        raise InputValueError("argument must be an instance of suprsend.SubscriberListBroadcast")
    body = {**broadcast.as_json(), "$insert_id": new_id(), "$time": int(time.time() * 1000)}
    if body.get("data") is None:
        body["data"] = {}
    elif not isinstance(body["data"], dict):
        raise InputValueError("data must be a dictionary")
    enforce(broadcast_rules, body)
    encoded = encode(body)
    if len(encoded) > CALL_LIMIT:
        raise InputValueError(
            f"SubscriberListBroadcast body too big - {len(encoded)} Bytes, must not cross {readable(CALL_LIMIT)}"
        )
    return Send("POST", settings.broadcast_target, encoded, True, settings.policy.timeout)


def _list_path(list_id: object) -> str:
    return f"{ROOT}{form_quoted(named('list_id', list_id))}/"


def _version_path(list_id: object, version_id: object) -> str:
    return f"{_list_path(list_id)}version/{form_quoted(named('version_id', version_id))}/"


class SubscriberLists(Generic[C]):
    """Lists of users, by `client.subscriber_lists`.

    Every call returns the server's JSON. Raises SuprsendValidationError for an id that is no text,
    SuprsendAPIException if the server refuses, TransportError if no answer comes. `options` become the query.
    """

    def __init__(self, client: C) -> None:
        self.client = client

    @operation
    def create(self, payload: dict[str, Any], options: Options | None = None) -> Steps[dict[str, Any]]:
        """Create or change a list: `{"list_id": "beta", "list_name": "Beta users"}`; returns the list."""
        if not payload:
            raise SuprsendValidationError("missing payload")
        body = {**payload, "list_id": named("list_id", payload.get("list_id") or "")}
        return call(self.client.settings, "POST", ROOT + query(options), body)

    @operation
    def get_all(self, limit: int = 20, offset: int = 0, options: Options | None = None) -> Steps[OffsetPage]:
        """Return a page of lists: `{"meta": {"count", "limit", "offset"}, "results": [...]}`."""
        place = page(limit, offset) | dict(options or {})
        return call(self.client.settings, "GET", ROOT + query(place))

    @operation
    def get(self, list_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Return a list."""
        return call(self.client.settings, "GET", _list_path(list_id) + query(options))

    @operation
    def add(self, list_id: str, distinct_ids: list[str], options: Options | None = None) -> Steps[Affected]:
        """Add users to a list: `client.subscriber_lists.add("beta", ["user-1"])`; none sends nothing."""
        return self._change(list_id, partial(_list_path, list_id), "add", distinct_ids, options)

    @operation
    def remove(self, list_id: str, distinct_ids: list[str], options: Options | None = None) -> Steps[Affected]:
        """Take users out of a list; none sends nothing."""
        return self._change(list_id, partial(_list_path, list_id), "remove", distinct_ids, options)

    @operation
    def delete(self, list_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Delete a list."""
        path = f"{_list_path(list_id)}delete/{query(options)}"
        return call(self.client.settings, "PATCH", path, {})

    @operation
    def broadcast(self, broadcast_instance: SubscriberListBroadcast) -> Steps[Result]:
        """Send one message to every member of a list; returns and raises what `trigger_workflow` does."""
        settings = self.client.settings
        send = broadcasting(broadcast_instance, settings)
        return read_result((yield from exchange(send, settings.policy)))

    @operation
    def start_sync(self, list_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Begin a new version of a list, empty and unseen until it is finished; returns it with its `version_id`."""
        path = f"{_list_path(list_id)}start_sync/{query(options)}"
        return call(self.client.settings, "POST", path, {})

    @operation
    def get_version(self, list_id: str, version_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Return a version of a list."""
        path = _version_path(list_id, version_id) + query(options)
        return call(self.client.settings, "GET", path)

    @operation
    def add_to_version(
        self, list_id: str, version_id: str, distinct_ids: list[str], options: Options | None = None
    ) -> Steps[Affected]:
        """Add users to a version of a list; none sends nothing."""
        return self._change(list_id, partial(_version_path, list_id, version_id), "add", distinct_ids, options)

    @operation
    def remove_from_version(
        self, list_id: str, version_id: str, distinct_ids: list[str], options: Options | None = None
    ) -> Steps[Affected]:
        """Take users out of a version of a list; none sends nothing."""
        return self._change(list_id, partial(_version_path, list_id, version_id), "remove", distinct_ids, options)

    @operation
    def finish_sync(self, list_id: str, version_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Put a version in the place of the list."""
        path = f"{_version_path(list_id, version_id)}finish_sync/{query(options)}"
        return call(self.client.settings, "PATCH", path, {})

    @operation
    def delete_version(self, list_id: str, version_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Drop a version that was never finished."""
        path = f"{_version_path(list_id, version_id)}delete/{query(options)}"
        return call(self.client.settings, "PATCH", path, {})

    def _change(
        self, list_id: str, path: Callable[[], str], verb: str, distinct_ids: list[str], options: Options | None
    ) -> Steps[Affected]:
        named("list_id", list_id)
        if not isinstance(distinct_ids, list):
            raise SuprsendValidationError("distinct_ids must be list of strings")
        if not distinct_ids:
            return {"success": True}
        target = f"{path()}subscriber/{verb}/{query(options)}"
        changed: Affected = yield from call(self.client.settings, "POST", target, {"distinct_ids": distinct_ids})
        return changed
