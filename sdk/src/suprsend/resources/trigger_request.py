"""Triggers of workflows that the platform keeps, by slug (wire.md 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from suprsend.errors import InputValueError
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Answer, Response, Send, Steps, exchange
from suprsend.resources.attachment import attach_to_body
from suprsend.resources.batch import RECORDS_IN_CALL
from suprsend.resources.bulk import Bulk, Kind
from suprsend.resources.schema import enforce
from suprsend.resources.workflow import ADDED_BY_PLATFORM, encode_trigger
from suprsend.resources.workflow_schema import trigger_request as request_rules
from suprsend.results import Result, read_result
from suprsend.settings import Settings

C = TypeVar("C", bound=HasSettings)


class Triggered(Result):
    """What became of one trigger: `message` is its message id, `raw_response` the answer's JSON or None."""

    raw_response: dict[str, Any] | None


@dataclass(slots=True, eq=False)
class WorkflowTriggerRequest:
    """One run of a stored workflow.

    `body` needs `workflow` (its slug) and `recipients`: ids, users with their channels, or objects; it may have
    `data`, `actor`, `metadata`. The platform drops a second request with the same `idempotency_key` (up to 255
    characters) within 24 hours; `cancellation_key` cancels what has not been sent. Raises InputValueError if
    `body` is no dictionary.

        WorkflowTriggerRequest({"workflow": "purchase", "recipients": ["user-1"]}, idempotency_key="order-981")
    """

    body: dict[str, Any]
    idempotency_key: str | None = None
    tenant_id: str | None = None
    cancellation_key: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.body, dict):
            raise InputValueError("WorkflowTriggerRequest body must be a json/dictionary")

    def add_attachment(self, file_path: str, file_name: str | None = None, ignore_if_error: bool = False) -> None:
        """Add a file or an http(s) URL to `data.$attachments`; see `Workflow.add_attachment`."""
        attach_to_body(self.body, file_path, file_name, ignore_if_error=ignore_if_error)

    def as_json(self) -> dict[str, Any]:
        """Return the body as it would be sent, unchecked."""
        named = (
            ("$idempotency_key", self.idempotency_key),
            ("tenant_id", self.tenant_id),
            ("cancellation_key", self.cancellation_key),
        )
        return self.body | {name: value for name, value in named if value}


def encode_request(request: WorkflowTriggerRequest, settings: Settings) -> tuple[bytes, bool]:
    """Return a request's checked JSON, and whether it has an idempotency key."""
    body = request.as_json()
    if body.get("data") is None:
        body["data"] = {}
    elif not isinstance(body["data"], dict):
        raise InputValueError("data must be a dictionary")
    enforce(request_rules, body)
    return encode_trigger(body, settings)


def _target(settings: Settings) -> str:
    return f"{settings.prefix}trigger/"


REQUESTS = Kind(WorkflowTriggerRequest, encode_request, _target, RECORDS_IN_CALL, ADDED_BY_PLATFORM)


class Workflows(Generic[C]):
    """Runs of stored workflows, by `client.workflows`."""

    def __init__(self, client: C) -> None:
        self.client = client

    @operation
    def trigger(self, workflow: WorkflowTriggerRequest) -> Steps[Triggered]:
        """Run a stored workflow.

        Returns `{"success", "status", "status_code", "message", "raw_response"}`: `message` is the message id, or
        the reason; if no answer came, `success` is False and `status_code` 500. Raises SuprsendValidationError,
        which names the field, and InputValueError if the body is above 800 KB.

            client.workflows.trigger(WorkflowTriggerRequest({"workflow": "purchase", "recipients": ["user-1"]}))
        """
        if not isinstance(workflow, WorkflowTriggerRequest):
            raise InputValueError("argument must be an instance of suprsend.WorkflowTriggerRequest")
        settings = self.client.settings
        body, is_repeatable = encode_request(workflow, settings)
        send = Send("POST", _target(settings), body, is_repeatable, settings.policy.timeout)
        return _read_triggered((yield from exchange(send, settings.policy)))

    def bulk_trigger_instance(self) -> Bulk[C, WorkflowTriggerRequest]:
        """Return an empty bulk call: append requests to it, then trigger it; each record is answered by itself."""
        return Bulk(self.client, REQUESTS)


def _read_triggered(answer: Answer) -> Triggered:
    result = read_result(answer)
    told = _object(answer)
    if told is not None:
        error = told.get("error")
        said = (
            told.get("message_id") if result["success"] else error.get("message") if isinstance(error, dict) else None
        )
        result["message"] = said or result["message"]
    return {**result, "raw_response": told}


def _object(answer: Answer) -> dict[str, Any] | None:
    if not isinstance(answer, Response):
        return None
    try:
        told = answer.json()
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
