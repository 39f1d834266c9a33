"""Objects: things that users and other objects subscribe to (wire.md 3.10 and 3.11)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from suprsend.journal import logger
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Steps
from suprsend.resources.call import CursorPage, Done, Options, call, delete, named, query, quoted
from suprsend.resources.editing import Editing
from suprsend.resources.profile import LEFT_TO_SERVER, Edits

C = TypeVar("C", bound=HasSettings)


class ObjectEdit(Editing):
    """Collects edits of one object for `client.objects.edit`; the server checks the values."""

    def __init__(self, object_type: str, object_id: str) -> None:
        self.object_type = object_type
        self.object_id = object_id
        self.edits = Edits(LEFT_TO_SERVER)

    @property
    def operations(self) -> list[dict[str, Any]]:
        """Return the edits made so far, in order."""
        return self.edits.operations

    def get_payload(self) -> dict[str, Any]:
        """Return the body of the edit."""
        return {"operations": self.operations}


def _type_path(object_type: object) -> str:
    return f"v1/object/{quoted(named('object_type', object_type))}/"


def _path(object_type: object, object_id: object) -> str:
    return f"{_type_path(object_type)}{quoted(named('object_id', object_id))}/"


class Objects(Generic[C]):
    """Objects, by `client.objects`.

    Every call returns the server's JSON. Raises SuprsendValidationError for an id that is no text,
    SuprsendAPIException if the server refuses, TransportError if no answer comes. `options` become the query.
    """

    def __init__(self, client: C) -> None:
        self.client = client

    def get_edit_instance(self, object_type: str, object_id: str) -> ObjectEdit:
        """Return an editor of one object; nothing is sent."""
        return ObjectEdit(named("object_type", object_type), named("object_id", object_id))

    @operation
    def list(self, object_type: str, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of the objects of a type; options are limit, before, after."""
        return call(self.client.settings, "GET", _type_path(object_type) + query(options))

    @operation
    def get(self, object_type: str, object_id: str) -> Steps[dict[str, Any]]:
        """Return an object."""
        return call(self.client.settings, "GET", _path(object_type, object_id))

    @operation
    def upsert(self, object_type: str, object_id: str, payload: dict[str, Any] | None = None) -> Steps[dict[str, Any]]:
        """Create or change an object, and return it: `client.objects.upsert("team", "red", {"size": 5})`."""
        return call(self.client.settings, "POST", _path(object_type, object_id), payload or {})

    @operation
    def edit(
        self,
        edit_ins_or_object_type: ObjectEdit | str,
        object_id: str | None = None,
        edit_payload: dict[str, Any] | None = None,
    ) -> Steps[dict[str, Any]]:
        """Change an object, and return it: an editor, or a type and id with `{"operations": [{"$set": {...}}]}`."""
        edit = edit_ins_or_object_type
        if isinstance(edit, ObjectEdit):
            for note in (*edit.warnings, *edit.errors):
                logger.warning("[object: %s/%s] %s", edit.object_type, edit.object_id, note)
            path, payload = _path(edit.object_type, edit.object_id), edit.get_payload()
        else:
            path, payload = _path(edit, object_id), edit_payload or {}
        return call(self.client.settings, "PATCH", path, payload)

    @operation
    def delete(self, object_type: str, object_id: str) -> Steps[Done]:
        """Delete an object; returns `{"success": True, "status_code": 204}`."""
        return delete(self.client.settings, _path(object_type, object_id))

    @operation
    def bulk_delete(self, object_type: str, payload: dict[str, Any] | None) -> Steps[Done]:
        """Delete many objects of a type: `{"object_ids": ["red", "blue"]}`."""
        path = f"v1/bulk/object/{quoted(named('object_type', object_type))}/"
        return delete(self.client.settings, path, payload or {})

    @operation
    def get_subscriptions(self, object_type: str, object_id: str, options: Options | None = None) -> Steps[CursorPage]:
        """Return a page of those who are subscribed to an object."""
        path = f"{_path(object_type, object_id)}subscription/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def create_subscriptions(
        self, object_type: str, object_id: str, payload: dict[str, Any] | None
    ) -> Steps[dict[str, Any]]:
        """Subscribe users and objects: `{"recipients": ["user-1", {"object_type": "team", "id": "red"}]}`."""
        path = f"{_path(object_type, object_id)}subscription/"
        return call(self.client.settings, "POST", path, payload or {})

    @operation
    def delete_subscriptions(self, object_type: str, object_id: str, payload: dict[str, Any] | None) -> Steps[Done]:
        """End subscriptions: `{"recipients": ["user-1"]}`."""
        path = f"{_path(object_type, object_id)}subscription/"
        return delete(self.client.settings, path, payload or {})

    @operation
    def get_objects_subscribed_to(
        self, object_type: str, object_id: str, options: Options | None = None
    ) -> Steps[CursorPage]:
        """Return a page of the objects that an object is subscribed to."""
        path = f"{_path(object_type, object_id)}subscribed_to/object/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def get_full_preference(
        self, object_type: str, object_id: str, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Return every category and channel; options are tenant_id, show_opt_out_channels, tags, locale."""
        path = f"{_path(object_type, object_id)}preference/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def update_global_channels_preference(
        self, object_type: str, object_id: str, payload: dict[str, Any] | None, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Restrict or allow channels: `{"channel_preferences": [{"channel": "email", "is_restricted": True}]}`."""
        path = f"{_path(object_type, object_id)}preference/channel_preference/{query(options)}"
        return call(self.client.settings, "PATCH", path, payload or {})

    @operation
    def get_category_preference(
        self, object_type: str, object_id: str, category: str, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Return the preference in one category; options are tenant_id, show_opt_out_channels, locale."""
        path = (
            f"{_path(object_type, object_id)}preference/category/{quoted(named('category', category))}/{query(options)}"
        )
        return call(self.client.settings, "GET", path)

    @operation
    def update_category_preference(
        self,
        object_type: str,
        object_id: str,
        category: str,
        payload: dict[str, Any] | None,
        options: Options | None = None,
    ) -> Steps[dict[str, Any]]:
        """Change the preference in one category: `{"preference": "opt_in", "opt_out_channels": ["sms"]}`."""
        path = (
            f"{_path(object_type, object_id)}preference/category/{quoted(named('category', category))}/{query(options)}"
        )
        return call(self.client.settings, "PATCH", path, payload or {})
