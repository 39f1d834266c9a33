"""Workflows: what an app asks the platform to run."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from suprsend.encoding import CALL_LIMIT, encode, new_id, readable
from suprsend.errors import InputValueError
from suprsend.protocol import Send
from suprsend.resources.attachment import attach_to_body
from suprsend.resources.batch import RECORDS_IN_CALL
from suprsend.resources.bulk import Kind
from suprsend.resources.schema import enforce
from suprsend.resources.workflow_schema import workflow as workflow_rules
from suprsend.settings import Settings

# The platform counts the keys that it adds to each workflow against the limits.
ADDED_BY_PLATFORM = 200


@dataclass(slots=True, eq=False)
class Workflow:
    """One workflow to run, with what makes it this one.

    `body` needs `name`, `template`, `notification_category` and `users` (1 to 100); the platform drops a
    second workflow with the same `idempotency_key` (up to 255 characters) within 24 hours. Raises
    InputValueError if `body` is no dictionary.

        Workflow({"name": "Purchase", "template": "purchase-made", "notification_category": "transactional",
                  "users": [{"distinct_id": "user-1"}]}, idempotency_key="order-981", tenant_id="acme")
    """

    body: dict[str, Any]
    idempotency_key: str | None = None
    tenant_id: str | None = None
    brand_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.body, dict):
            raise InputValueError("workflow body must be a json/dictionary")

    def add_attachment(self, file_path: str, file_name: str | None = None, ignore_if_error: bool = False) -> None:
        """Add a file or an http(s) URL to `data.$attachments`.

        `file_name` replaces the file's own name. Raises FileNotFoundError (any OSError) if the file can't be
        read, unless `ignore_if_error`; the platform obeys `ignore_if_error` too.

            workflow.add_attachment("~/invoice.pdf", file_name="Invoice 981.pdf")
        """
        attach_to_body(self.body, file_path, file_name, ignore_if_error=ignore_if_error)

    def as_json(self) -> dict[str, Any]:
        """Return the body as it would be sent, unchecked."""
        body = dict(self.body)
        if self.idempotency_key:
            body["$idempotency_key"] = self.idempotency_key
        if self.tenant_id:
            body["tenant_id"] = self.tenant_id
        if self.brand_id:
            body["brand_id"] = self.brand_id
        return body


def encode_workflow(workflow: Workflow, settings: Settings) -> tuple[bytes, bool]:
    """Return a workflow's checked JSON, and whether it has an idempotency key."""
    body = workflow.as_json()
    if body.get("data") is None:
        body["data"] = {}
    elif not isinstance(body["data"], dict):
        raise InputValueError("data must be a dictionary")
    enforce(workflow_rules, body)
    return encode_trigger(body, settings)


def encode_trigger(body: dict[str, Any], settings: Settings) -> tuple[bytes, bool]:
    """Return a trigger's JSON within the limit, and whether it has an idempotency key: its own, or one made here."""
    if settings.auto_idempotency and not body.get("$idempotency_key"):
        body["$idempotency_key"] = new_id()
    encoded = encode(body)
    size = len(encoded) + ADDED_BY_PLATFORM
    if size > CALL_LIMIT:
        raise InputValueError(f"workflow body too big - {size} Bytes, must not cross {readable(CALL_LIMIT)}")
    return encoded, bool(body.get("$idempotency_key"))


def trigger(workflow: Workflow, settings: Settings) -> Send:
    """Return the request that runs one workflow."""
    body, is_repeatable = encode_workflow(workflow, settings)
    return Send("POST", settings.trigger_target, body, is_repeatable, settings.policy.timeout)


WORKFLOWS = Kind(Workflow, encode_workflow, attrgetter("trigger_target"), RECORDS_IN_CALL, ADDED_BY_PLATFORM)
