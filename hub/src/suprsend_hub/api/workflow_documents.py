"""Workflows as JSON shows them."""

from collections.abc import Sequence
from typing import Literal

from suprsend_hub.actions.edit_workflow import Saved
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.workflows import StoredWorkflow


def workflow_document(stored: StoredWorkflow, mode: Literal["draft", "live"]) -> Document:
    """A workflow's draft or its live version, and what is known of it besides."""
    live = mode == "live"
    return ((stored.live if live else stored.draft) or {}) | {
        "slug": stored.slug,
        "is_enabled": stored.is_enabled,
        "status": stored.status,
        "hash": stored.live_hash if live else stored.draft_hash,
        "version_no": stored.live_version_no,
        "commit_message": stored.commit_message,
        "active_at": stored.live_since,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
    }


def reviewed_document(saved: Saved, mode: Literal["draft", "live"] = "draft") -> Document:
    """A workflow, with what keeps its draft from going live."""
    return workflow_document(saved.stored, mode) | {"validation_result": validation_document(saved.faults)}


def validation_document(faults: Sequence[Invalid]) -> Document:
    """What is wrong, one sentence each."""
    return {"is_valid": not faults, "errors": [fault.message for fault in faults]}
