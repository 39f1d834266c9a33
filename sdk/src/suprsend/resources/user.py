"""Users: edit a profile, then save it in one request."""

from __future__ import annotations

import time
import uuid
from typing import Any, Generic, TypeVar

from suprsend.encoding import KILOBYTE, encode, readable
from suprsend.errors import InputValueError
from suprsend.journal import logger
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Send, Steps, exchange
from suprsend.resources.profile import Edits
from suprsend.results import Result, failure, read_result
from suprsend.settings import USER_AGENT

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


class User(Generic[C]):
    """Collects edits of one user's profile; `save()` sends them in the order they were made.

    An edit with a bad value is noted in `errors`, and `save()` then sends nothing; one with a key that the
    platform keeps for itself is left out and noted in `warnings`.
    """

    def __init__(self, client: C, distinct_id: str) -> None:
        self.client = client
        self.distinct_id = distinct_id
        self._edits = Edits()

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
            body = self.encode()
        except (InputValueError, TypeError) as fault:
            return failure(500, str(fault))
        settings = self.client.settings
        send = Send("POST", settings.event_target, body, True, settings.policy.timeout)
        return read_result((yield from exchange(send, settings.policy)))

    @property
    def errors(self) -> list[str]:
        """Return what is wrong with the values given so far."""
        return self._edits.errors

    @property
    def warnings(self) -> list[str]:
        """Return which keys were left out so far, and why."""
        return self._edits.warnings

    @property
    def user_operations(self) -> list[dict[str, Any]]:
        """Return the operations that `save()` sends."""
        return self._edits.operations

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

    def encode(self) -> bytes:
        """Return the edits as JSON; InputValueError above 10 KB."""
        encoded = encode(
            {
                "$schema": "2",
                "$insert_id": str(uuid.uuid4()),
                "$time": int(time.time() * 1000),
                "env": self.client.settings.workspace_key,
                "distinct_id": self.distinct_id,
                "$user_operations": self.user_operations,
                "properties": {"$ss_sdk_version": USER_AGENT},
            }
        )
        if len(encoded) > SIZE_LIMIT:
            raise InputValueError(
                f"User Event size too big - {len(encoded)} Bytes, must not cross {readable(SIZE_LIMIT)}"
            )
        return encoded

    def _notes(self, notes: list[str]) -> list[str]:
        return [f"[distinct_id: {self.distinct_id}]" + "\n".join(notes)] if notes else []

    def append(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Push a value to a list property, or add a channel's address; one (key, value) or a dictionary.

        user.append("wishlist", "sku-1")
        user.append({"$email": "ada@example.com", "$androidpush": "token", "$pushvendor": "xiaomi"})
        """
        self._edits.change("$append", "append", arg1, arg2)

    def remove(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Take a value out of a list property, or remove a channel's address; the arguments of `append`."""
        self._edits.change("$remove", "remove", arg1, arg2)

    def set(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Set one property (key and value) or many (a dictionary): `user.set("plan", "pro")`."""
        self._edits.change("$set", "set", arg1, arg2)

    def set_once(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Set properties that have no value yet; the arguments of `set`."""
        self._edits.change("$set_once", "set_once", arg1, arg2)

    def increment(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Add a number, which may be negative, to properties: `user.increment("logins", 1)`."""
        self._edits.change("$add", "increment", arg1, arg2)

    def unset(self, key: str | list[str] | tuple[str, ...]) -> None:
        """Delete properties; a channel's key (`$email`) deletes all its addresses."""
        self._edits.unset(key)

    def set_preferred_language(self, lang_code: str) -> None:
        """Set the language of this user's notifications, an ISO 639-1 code such as `en`."""
        self._edits.set_known("set_preferred_language", "$preferred_language", lang_code)

    def set_locale(self, locale: str) -> None:
        """Set the user's locale, such as `en_GB`."""
        self._edits.set_known("set_locale", "$locale", locale)

    def set_timezone(self, timezone: str) -> None:
        """Set the user's time zone, such as `Europe/Paris`."""
        self._edits.set_known("set_timezone", "$timezone", timezone)

    def add_email(self, value: str) -> None:
        """Add an e-mail address of 6 to 127 characters."""
        self._edits.identify("$append", "add_email", "$email", value)

    def remove_email(self, value: str) -> None:
        """Remove an address that `add_email` added."""
        self._edits.identify("$remove", "remove_email", "$email", value)

    def set_email(self, value: str) -> None:
        """Do what `add_email` does, under its older name."""
        self._edits.identify("$append", "set_email", "$email", value)

    def add_sms(self, value: str) -> None:
        """Add a number for text messages, with + and its country code."""
        self._edits.identify("$append", "add_sms", "$sms", value)

    def remove_sms(self, value: str) -> None:
        """Remove an address that `add_sms` added."""
        self._edits.identify("$remove", "remove_sms", "$sms", value)

    def set_sms(self, value: str) -> None:
        """Do what `add_sms` does, under its older name."""
        self._edits.identify("$append", "set_sms", "$sms", value)

    def add_whatsapp(self, value: str) -> None:
        """Add a WhatsApp number, with + and its country code."""
        self._edits.identify("$append", "add_whatsapp", "$whatsapp", value)

    def remove_whatsapp(self, value: str) -> None:
        """Remove an address that `add_whatsapp` added."""
        self._edits.identify("$remove", "remove_whatsapp", "$whatsapp", value)

    def set_whatsapp(self, value: str) -> None:
        """Do what `add_whatsapp` does, under its older name."""
        self._edits.identify("$append", "set_whatsapp", "$whatsapp", value)

    def add_androidpush(self, value: str, provider: str = "fcm") -> None:
        """Add an Android push token; providers are fcm, xiaomi and oppo."""
        self._edits.identify("$append", "add_androidpush", "$androidpush", value, provider)

    def remove_androidpush(self, value: str, provider: str = "fcm") -> None:
        """Remove an address that `add_androidpush` added."""
        self._edits.identify("$remove", "remove_androidpush", "$androidpush", value, provider)

    def set_androidpush(self, value: str, provider: str = "fcm") -> None:
        """Do what `add_androidpush` does, under its older name."""
        self._edits.identify("$append", "set_androidpush", "$androidpush", value, provider)

    def add_iospush(self, value: str, provider: str = "apns") -> None:
        """Add an iOS push token."""
        self._edits.identify("$append", "add_iospush", "$iospush", value, provider)

    def remove_iospush(self, value: str, provider: str = "apns") -> None:
        """Remove an address that `add_iospush` added."""
        self._edits.identify("$remove", "remove_iospush", "$iospush", value, provider)

    def set_iospush(self, value: str, provider: str = "apns") -> None:
        """Do what `add_iospush` does, under its older name."""
        self._edits.identify("$append", "set_iospush", "$iospush", value, provider)

    def add_webpush(self, value: dict[str, Any], provider: str = "vapid") -> None:
        """Add a browser's push subscription, with `endpoint` and `keys`."""
        self._edits.identify("$append", "add_webpush", "$webpush", value, provider)

    def remove_webpush(self, value: dict[str, Any], provider: str = "vapid") -> None:
        """Remove an address that `add_webpush` added."""
        self._edits.identify("$remove", "remove_webpush", "$webpush", value, provider)

    def set_webpush(self, value: dict[str, Any], provider: str = "vapid") -> None:
        """Do what `add_webpush` does, under its older name."""
        self._edits.identify("$append", "set_webpush", "$webpush", value, provider)

    def add_slack(self, value: dict[str, Any]) -> None:
        """Add a Slack address: `incoming_webhook`, or `access_token` with an `email`, user or channel id."""
        self._edits.identify("$append", "add_slack", "$slack", value)

    def remove_slack(self, value: dict[str, Any]) -> None:
        """Remove an address that `add_slack` added."""
        self._edits.identify("$remove", "remove_slack", "$slack", value)

    def set_slack(self, value: dict[str, Any]) -> None:
        """Do what `add_slack` does, under its older name."""
        self._edits.identify("$append", "set_slack", "$slack", value)

    def add_ms_teams(self, value: dict[str, Any]) -> None:
        """Add a Teams address: `incoming_webhook`, or `service_url` with `conversation_id` or `user_id`."""
        self._edits.identify("$append", "add_ms_teams", "$ms_teams", value)

    def remove_ms_teams(self, value: dict[str, Any]) -> None:
        """Remove an address that `add_ms_teams` added."""
        self._edits.identify("$remove", "remove_ms_teams", "$ms_teams", value)

    def set_ms_teams(self, value: dict[str, Any]) -> None:
        """Do what `add_ms_teams` does, under its older name."""
        self._edits.identify("$append", "set_ms_teams", "$ms_teams", value)
