"""The verbs that edit a profile, a user's or an object's: each notes one edit, and nothing is sent."""

from __future__ import annotations

from typing import Any, Protocol

from suprsend.resources.profile import Edits


class Editing(Protocol):
    """Whatever collects edits; an edit with a bad value is noted in `errors`, a bad key in `warnings`."""

    edits: Edits

    @property
    def errors(self) -> list[str]:
        """Return what is wrong with the values given so far."""
        return self.edits.errors

    @property
    def warnings(self) -> list[str]:
        """Return which keys were left out so far, and why."""
        return self.edits.warnings

    def append(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Push a value to a list property, or add a channel's address; one (key, value) or a dictionary.

        user.append("wishlist", "sku-1")
        user.append({"$email": "ada@example.com", "$androidpush": "token", "$pushvendor": "xiaomi"})
        """
        self.edits.change("$append", "append", arg1, arg2)

    def remove(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Take a value out of a list property, or remove a channel's address; the arguments of `append`."""
        self.edits.change("$remove", "remove", arg1, arg2)

    def set(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Set one property (key and value) or many (a dictionary): `user.set("plan", "pro")`."""
        self.edits.change("$set", "set", arg1, arg2)

    def set_once(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Set properties that have no value yet; the arguments of `set`."""
        self.edits.change("$set_once", "set_once", arg1, arg2)

    def increment(self, arg1: str | dict[str, Any], arg2: Any = None) -> None:
        """Add a number, which may be negative, to properties: `user.increment("logins", 1)`."""
        self.edits.change("$add", "increment", arg1, arg2)

    def unset(self, key: str | list[str] | tuple[str, ...]) -> None:
        """Delete properties; a channel's key (`$email`) deletes all its addresses."""
        self.edits.unset(key)

    def set_preferred_language(self, lang_code: str) -> None:
        """Set the language of this user's notifications, an ISO 639-1 code such as `en`."""
        self.edits.set_known("set_preferred_language", "$preferred_language", lang_code)

    def set_locale(self, locale_code: str) -> None:
        """Set the user's locale, such as `en_GB`."""
        self.edits.set_known("set_locale", "$locale", locale_code)

    def set_timezone(self, timezone: str) -> None:
        """Set the user's time zone, such as `Europe/Paris`."""
        self.edits.set_known("set_timezone", "$timezone", timezone)

    def add_email(self, value: str) -> None:
        """Add an e-mail address of 6 to 127 characters."""
        self.edits.identify("$append", "add_email", "$email", value)

    def remove_email(self, value: str) -> None:
        """Remove an address that `add_email` added."""
        self.edits.identify("$remove", "remove_email", "$email", value)

    def add_sms(self, value: str) -> None:
        """Add a number for text messages, with + and its country code."""
        self.edits.identify("$append", "add_sms", "$sms", value)

    def remove_sms(self, value: str) -> None:
        """Remove an address that `add_sms` added."""
        self.edits.identify("$remove", "remove_sms", "$sms", value)

    def add_whatsapp(self, value: str) -> None:
        """Add a WhatsApp number, with + and its country code."""
        self.edits.identify("$append", "add_whatsapp", "$whatsapp", value)

    def remove_whatsapp(self, value: str) -> None:
        """Remove an address that `add_whatsapp` added."""
        self.edits.identify("$remove", "remove_whatsapp", "$whatsapp", value)

    def add_androidpush(self, value: str, provider: str | None = None, bundle_id: str | None = None) -> None:
        """Add an Android push token of a provider (fcm if not said, xiaomi or oppo), and the app's package name."""
        self.edits.identify("$append", "add_androidpush", "$androidpush", value, provider, bundle_id)

    def remove_androidpush(self, value: str, provider: str | None = None, bundle_id: str | None = None) -> None:
        """Remove an address that `add_androidpush` added."""
        self.edits.identify("$remove", "remove_androidpush", "$androidpush", value, provider, bundle_id)

    def add_iospush(self, value: str, provider: str | None = None, bundle_id: str | None = None) -> None:
        """Add an iOS push token of a provider (apns if not said), and the app's bundle id."""
        self.edits.identify("$append", "add_iospush", "$iospush", value, provider, bundle_id)

    def remove_iospush(self, value: str, provider: str | None = None, bundle_id: str | None = None) -> None:
        """Remove an address that `add_iospush` added."""
        self.edits.identify("$remove", "remove_iospush", "$iospush", value, provider, bundle_id)

    def add_webpush(self, value: dict[str, Any], provider: str | None = None) -> None:
        """Add a browser's push subscription, with `endpoint` and `keys`."""
        self.edits.identify("$append", "add_webpush", "$webpush", value, provider)

    def remove_webpush(self, value: dict[str, Any], provider: str | None = None) -> None:
        """Remove an address that `add_webpush` added."""
        self.edits.identify("$remove", "remove_webpush", "$webpush", value, provider)

    def add_slack(self, value: dict[str, Any]) -> None:
        """Add a Slack address: `incoming_webhook`, or `access_token` with an `email`, user or channel id."""
        self.edits.identify("$append", "add_slack", "$slack", value)

    def remove_slack(self, value: dict[str, Any]) -> None:
        """Remove an address that `add_slack` added."""
        self.edits.identify("$remove", "remove_slack", "$slack", value)

    def add_ms_teams(self, value: dict[str, Any]) -> None:
        """Add a Teams address: `incoming_webhook`, or `service_url` with `conversation_id` or `user_id`."""
        self.edits.identify("$append", "add_ms_teams", "$ms_teams", value)

    def remove_ms_teams(self, value: dict[str, Any]) -> None:
        """Remove an address that `add_ms_teams` added."""
        self.edits.identify("$remove", "remove_ms_teams", "$ms_teams", value)
