"""Users: edit a profile, then save it in one request."""

from __future__ import annotations

import time
from operator import attrgetter
from typing import Any, Generic, TypeVar

from suprsend.encoding import KILOBYTE, encode, new_id, readable
from suprsend.errors import InputValueError
from suprsend.journal import logger
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Send, Steps, exchange
from suprsend.resources.batch import USERS_IN_CALL
from suprsend.resources.bulk import Kind
from suprsend.resources.editing import Editing
from suprsend.resources.profile import CHECKED, Edits
from suprsend.results import Result, failure, read_result
from suprsend.settings import Settings

SIZE_LIMIT = 10 * KILOBYTE

C = TypeVar("C", bound=HasSettings)


class Users(Generic[C]):
    """Makes editors of users' profiles."""

    def __init__(self, client: C) -> None:
        self._client = client

    def get_instance(self, distinct_id: str) -> User[C]:
        """Return an editor of one user's profile; nothing is fetched or sent.

        Raises InputValueError if `distinct_id` is no string or is empty.

            user = client.user.get_instance("user-1")
            user.add_email("ada@example.com")
            user.save()
        """
        if not isinstance(distinct_id, str):
            raise InputValueError("distinct_id must be a string. an Id which uniquely identify a user in your app")
        stripped = distinct_id.strip()
        if not stripped:
            raise InputValueError("distinct_id must be passed")
        return User(self._client, stripped)

    new = get_instance


class User(Editing, Generic[C]):
    """Collects edits of one user's profile; `save()` sends them in the order they were made.

    An edit with a bad value is noted in `errors`, and `save()` then sends nothing; one with a key that the
    platform keeps for itself is left out and noted in `warnings`.
    """

    def __init__(self, client: C, distinct_id: str) -> None:
        self.client = client
        self.distinct_id = distinct_id
        self.edits = Edits(CHECKED)

    @operation
    def save(self) -> Steps[Result]:
        """Send the edits made so far.

        Returns `{"success", "status", "status_code", "message"}`. Raises nothing: what is wrong with an
        edit, or more than 10 KB of them, gives `success: False`, `status_code: 500` and the reason.

            user.add_email("ada@example.com")
            result = user.save()
        """
        try:
            for warning in self._notes(self.warnings):
                logger.warning("%s", warning)
            for error in self._notes(self.errors):
                raise InputValueError(f"ERROR: {error}")
            body, is_repeatable = encode_user(self, self.client.settings)
        except (InputValueError, TypeError) as fault:
            return failure(500, str(fault))
        settings = self.client.settings
        send = Send("POST", settings.event_target, body, is_repeatable, settings.policy.timeout)
        return read_result((yield from exchange(send, settings.policy)))

    @property
    def user_operations(self) -> list[dict[str, Any]]:
        """Return the operations that `save()` sends."""
        return self.edits.operations

    def as_json(self) -> dict[str, Any]:
        """Return the user's edits and what was noted about them."""
        return {
            "distinct_id": self.distinct_id,
            "$user_operations": self.user_operations,
            "warnings": self.notes(),
        }

    def notes(self) -> list[str]:
        """Return warnings and errors as a bulk response shows them."""
        return [*self._notes(self.warnings), *self._notes(self.errors)]

    def _notes(self, notes: list[str]) -> list[str]:
        return [f"[distinct_id: {self.distinct_id}]" + "\n".join(notes)] if notes else []

    def set_email(self, value: str) -> None:
        """Do what `add_email` does, under its older name."""
        self.edits.identify("$append", "set_email", "$email", value)

    def set_sms(self, value: str) -> None:
        """Do what `add_sms` does, under its older name."""
        self.edits.identify("$append", "set_sms", "$sms", value)

    def set_whatsapp(self, value: str) -> None:
        """Do what `add_whatsapp` does, under its older name."""
        self.edits.identify("$append", "set_whatsapp", "$whatsapp", value)

    def set_androidpush(self, value: str, provider: str | None = None) -> None:
        """Do what `add_androidpush` does, under its older name."""
        self.edits.identify("$append", "set_androidpush", "$androidpush", value, provider)

    def set_iospush(self, value: str, provider: str | None = None) -> None:
        """Do what `add_iospush` does, under its older name."""
        self.edits.identify("$append", "set_iospush", "$iospush", value, provider)

    def set_webpush(self, value: dict[str, Any], provider: str | None = None) -> None:
        """Do what `add_webpush` does, under its older name."""
        self.edits.identify("$append", "set_webpush", "$webpush", value, provider)

    def set_slack(self, value: dict[str, Any]) -> None:
        """Do what `add_slack` does, under its older name."""
        self.edits.identify("$append", "set_slack", "$slack", value)

    def set_ms_teams(self, value: dict[str, Any]) -> None:
        """Do what `add_ms_teams` does, under its older name."""
        self.edits.identify("$append", "set_ms_teams", "$ms_teams", value)


def identity_event(
    distinct_id: str, operations: list[dict[str, Any]], settings: Settings, tenant_id: str | None = None
) -> dict[str, Any]:
    """Return edits of one profile as `POST /event/` takes them (wire.md 3.4)."""
    event = {
        "$schema": "2",
        "$insert_id": new_id(),
        "$time": int(time.time() * 1000),
        "env": settings.workspace,
        "distinct_id": distinct_id,
        "$user_operations": operations,
        "properties": {"$ss_sdk_version": settings.user_agent},
    }
    return event | {"tenant_id": tenant_id} if tenant_id else event


def encode_identity(event: dict[str, Any], name: str) -> bytes:
    """Return an identity event's JSON; InputValueError above 10 KB."""
    encoded = encode(event)
    if len(encoded) > SIZE_LIMIT:
        raise InputValueError(f"{name} size too big - {len(encoded)} Bytes, must not cross {readable(SIZE_LIMIT)}")
    return encoded


def encode_user(user: User[Any], settings: Settings) -> tuple[bytes, bool]:
    """Return a user's edits as JSON, whose id lets the platform drop a repetition."""
    return encode_identity(identity_event(user.distinct_id, user.user_operations, settings), "User Event"), True


USERS: Kind[User[Any]] = Kind(
    User, encode_user, attrgetter("event_target"), USERS_IN_CALL, notes=User.notes, subject=attrgetter("distinct_id")
)
