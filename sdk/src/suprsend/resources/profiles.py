"""Users as the platform keeps them: read, write, edit, merge, delete, and their preferences (wire.md 3.9, 3.11)."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Generic, TypeVar

from suprsend.errors import SuprsendAPIException, SuprsendValidationError, TransportError
from suprsend.journal import logger
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Send, Steps, exchange
from suprsend.resources.batch import USERS_IN_CALL
from suprsend.resources.bulk import Bulk, Kind
from suprsend.resources.call import CursorPage, Done, Options, call, delete, named, query, quoted
from suprsend.resources.editing import Editing
from suprsend.resources.profile import LEFT_TO_SERVER, Edits
from suprsend.resources.user import encode_identity, identity_event
from suprsend.results import Result, read_result
from suprsend.settings import Settings

C = TypeVar("C", bound=HasSettings)

ROOT = "v1/user/"


class UserEdit(Editing):
    """Collects edits of one user's profile for `client.users.edit` and `async_edit`; the server checks the values.

    edit = client.users.get_edit_instance("user-1")
    edit.add_email("ada@example.com")
    client.users.edit(edit)
    """

    def __init__(self, distinct_id: str, tenant_id: str | None = None) -> None:
        self.distinct_id = distinct_id
        self.tenant_id = tenant_id
        self.edits = Edits(LEFT_TO_SERVER)

    @property
    def operations(self) -> list[dict[str, Any]]:
        """Return the edits made so far, in order."""
        return self.edits.operations

    def get_payload(self) -> dict[str, Any]:
        """Return the body of an edit at once."""
        return {"operations": self.operations}

    def notes(self) -> list[str]:
        """Return warnings and errors as a bulk response shows them."""
        noted = (self.warnings, self.errors)
        return [f"[distinct_id: {self.distinct_id}]" + "\n".join(notes) for notes in noted if notes]

    def as_json(self) -> dict[str, Any]:
        """Return the user's edits and what was noted about them."""
        shown = {"distinct_id": self.distinct_id, "$user_operations": self.operations, "warnings": self.notes()}
        return shown | {"tenant_id": self.tenant_id} if self.tenant_id else shown


def encode_edit(edit: UserEdit, settings: Settings) -> tuple[bytes, bool]:
    """Return a user's edits as JSON, whose id lets the platform drop a repetition."""
    event = identity_event(edit.distinct_id, edit.operations, settings, edit.tenant_id)
    return encode_identity(event, "User Payload"), True


EDITS = Kind(
    UserEdit,
    encode_edit,
    attrgetter("event_target"),
    USERS_IN_CALL,
    notes=UserEdit.notes,
    subject=attrgetter("distinct_id"),
)


def _path(distinct_id: object) -> str:
    return f"{ROOT}{quoted(named('distinct_id', distinct_id))}/"


def _tenant_path(distinct_id: object, tenant_id: object) -> str:
    return f"{_path(distinct_id)}tenant/{quoted(named('tenant_id', tenant_id))}/"


class UserProfiles(Generic[C]):
    """Users as the platform keeps them, by `client.users`.

    Every call returns the server's JSON. Raises SuprsendValidationError for an id that is no text,
    SuprsendAPIException if the server refuses, TransportError if no answer comes. `options` become the query.
    """

    def __init__(self, client: C) -> None:
        self.client = client

    def get_edit_instance(self, distinct_id: str, tenant_id: str | None = None) -> UserEdit:
        """Return an editor of one user's profile, or of what one tenant knows of the user; nothing is sent."""
        return UserEdit(named("distinct_id", distinct_id), named("tenant_id", tenant_id) if tenant_id else None)

    def get_bulk_edit_instance(self) -> Bulk[C, UserEdit]:
        """Return an empty bulk call: append edits to it, then save it."""
        return Bulk(self.client, EDITS)

    @operation
    def list(self, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of users; options are limit, before, after."""
        return call(self.client.settings, "GET", ROOT + query(options))

    @operation
    def get(self, distinct_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Return a user."""
        return call(self.client.settings, "GET", _path(distinct_id) + query(options))

    @operation
    def upsert(
        self, distinct_id: str, payload: dict[str, Any] | None = None, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Create or change a user, and return it: `client.users.upsert("user-1", {"$email": ["ada@example.com"]})`."""
        return call(self.client.settings, "POST", _path(distinct_id) + query(options), payload or {})

    @operation
    def edit(
        self,
        edit_ins_or_distinct_id: UserEdit | str,
        edit_payload: dict[str, Any] | None = None,
        tenant_id: str | None = None,
        options: Options | None = None,
    ) -> Steps[dict[str, Any]]:
        """Change a user at once, and return it: an editor, or an id with `{"operations": [{"$set": {...}}]}`."""
        edit = edit_ins_or_distinct_id
        if isinstance(edit, UserEdit):
            for note in edit.notes():
                logger.warning("%s", note)
            distinct_id, tenant_id, payload = edit.distinct_id, edit.tenant_id, edit.get_payload()
        else:
            distinct_id, payload = edit, edit_payload or {}
        path = _tenant_path(distinct_id, tenant_id) if tenant_id else _path(distinct_id)
        return call(self.client.settings, "PATCH", path + query(options), payload)

    @operation
    def async_edit(self, edit_instance: UserEdit) -> Steps[Result]:
        """Hand over edits that the platform applies soon; raises what `get` does, and InputValueError above 10 KB."""
        if not isinstance(edit_instance, UserEdit):
            raise SuprsendValidationError("instance is required")
        for note in edit_instance.notes():
            logger.warning("%s", note)
        settings = self.client.settings
        body, is_repeatable = encode_edit(edit_instance, settings)
        send = Send("POST", settings.event_target, body, is_repeatable, settings.policy.timeout)
        answer = yield from exchange(send, settings.policy)
        if isinstance(answer, TransportError):
            raise answer
        if not answer.is_success:
            raise SuprsendAPIException(answer)
        return read_result(answer)

    @operation
    def merge(self, distinct_id: str, from_user_id: str) -> Steps[dict[str, Any]]:
        """Move all that another user has to this one, and return this one."""
        path = f"{_path(distinct_id)}merge/"
        return call(self.client.settings, "POST", path, {"from_user_id": from_user_id})

    @operation
    def delete(self, distinct_id: str) -> Steps[Done]:
        """Delete a user; returns `{"success": True, "status_code": 204}`."""
        return delete(self.client.settings, _path(distinct_id))

    @operation
    def bulk_delete(self, payload: dict[str, Any] | None) -> Steps[Done]:
        """Delete many users: `{"distinct_ids": ["user-1", "user-2"]}`."""
        return delete(self.client.settings, "v1/bulk/user/", payload or {})

    @operation
    def list_associated_tenants(self, distinct_id: str, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of the tenants that know a user."""
        path = f"{_path(distinct_id)}associated_tenant/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def get_for_tenant(self, distinct_id: str, tenant_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Return what one tenant knows of a user."""
        path = _tenant_path(distinct_id, tenant_id) + query(options)
        return call(self.client.settings, "GET", path)

    @operation
    def upsert_for_tenant(
        self,
        distinct_id: str,
        tenant_id: str,
        payload: dict[str, Any] | None = None,
        options: Options | None = None,
    ) -> Steps[dict[str, Any]]:
        """Write what one tenant knows of a user, and return it."""
        path = _tenant_path(distinct_id, tenant_id) + query(options)
        return call(self.client.settings, "POST", path, payload or {})

    @operation
    def unlink_tenant(self, distinct_id: str, tenant_id: str) -> Steps[Done]:
        """Make one tenant forget a user."""
        return delete(self.client.settings, _tenant_path(distinct_id, tenant_id))

    @operation
    def get_objects_subscribed_to(self, distinct_id: str, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of the objects that a user is subscribed to."""
        path = f"{_path(distinct_id)}subscribed_to/object/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def get_lists_subscribed_to(self, distinct_id: str, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of the lists that a user is on."""
        path = f"{_path(distinct_id)}subscribed_to/list/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def get_full_preference(self, distinct_id: str, options: Options | None = None) -> Steps[dict[str, Any]]:
        """Return every category and channel; options are tenant_id, show_opt_out_channels, tags, locale."""
        path = f"{_path(distinct_id)}preference/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def update_global_channels_preference(
        self, distinct_id: str, payload: dict[str, Any] | None, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Restrict or allow channels: `{"channel_preferences": [{"channel": "email", "is_restricted": True}]}`."""
        path = f"{_path(distinct_id)}preference/channel_preference/{query(options)}"
        return call(self.client.settings, "PATCH", path, payload or {})

    @operation
    def get_category_preference(
        self, distinct_id: str, category: str, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Return the preference in one category; options are tenant_id, show_opt_out_channels, locale."""
        path = f"{_path(distinct_id)}preference/category/{quoted(named('category', category))}/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def update_category_preference(
        self, distinct_id: str, category: str, payload: dict[str, Any] | None, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Change the preference in one category: `{"preference": "opt_in", "opt_out_channels": ["sms"]}`."""
        path = f"{_path(distinct_id)}preference/category/{quoted(named('category', category))}/{query(options)}"
        return call(self.client.settings, "PATCH", path, payload or {})
