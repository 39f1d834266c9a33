"""Messages: what became of them, and marking them (wire.md 3.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from suprsend.errors import SuprsendValidationError
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Steps
from suprsend.resources.call import CursorPage, Options, call, query

C = TypeVar("C", bound=HasSettings)

MANY_VALUED = ("recipient_id", "status", "category")


class Messages(Generic[C]):
    """Messages, by `client.messages`.

    Both calls return the server's JSON. Raises SuprsendAPIException if the server refuses, TransportError if no
    answer comes.
    """

    def __init__(self, client: C) -> None:
        self.client = client

    @operation
    def list(self, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of messages, newest first.

        `options` are limit, before, after and the filters message_id, idempotency_key, recipient_id, status,
        channel, category and others; recipient_id, status and category may be lists.

            client.messages.list({"recipient_id": "user-1", "status": ["delivered", "seen"]})
        """
        filters = {f"{key}[]" if key in MANY_VALUED else key: value for key, value in (options or {}).items()}
        return call(self.client.settings, "GET", f"v1/message/{query(filters)}")

    @operation
    def bulk_update(self, messages: Sequence[Mapping[str, Any]]) -> Steps[dict[str, Any]]:
        """Mark messages as seen, clicked, dismissed, read, unread, archived or unarchived.

        Raises SuprsendValidationError if one has no id or action.

            client.messages.bulk_update([{"message_id": "01KQVGPW9ZJKH6T5TS", "action": "read"}])
        """
        for index, message in enumerate(messages):
            for key in ("message_id", "action"):
                if not message.get(key):
                    raise SuprsendValidationError(f"messages[{index}]: missing {key}")
        return call(self.client.settings, "PATCH", "v1/bulk/message/", {"messages": [*messages]})
