"""Messages as the API shows them (wire.md 3.12)."""

from collections.abc import Mapping

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import shown_address
from suprsend_hub.store.database import Record

_AS_STORED = (
    "created_at",
    "updated_at",
    "triggered_at",
    "sent_at",
    "delivered_at",
    "seen_at",
    "clicked_at",
    "dismissed_at",
    "read_at",
    "unread_at",
    "archived_at",
    "unarchived_at",
    "status",
    "channel",
    "category",
    "idempotency_key",
    "failure_code",
    "failure_reason",
    "attempts",
    "due_at",
    "success",
    "request_id",
    "is_campaign",
    "tenant_id",
    "repeats",
)


def message_document(row: Record, contents: Mapping[str, Document] | None = None) -> Document:
    """A message, with its content where contents are given; tokens and other credentials are shortened."""
    address = shown_address(row["channel"], row["address"])
    shown: Document = {
        "message_id": row["id"],
        **{field: row[field] for field in _AS_STORED},
        "execution_id": row["run_id"],
        "is_read": row["read_at"] is not None,
        "is_archived": row["archived_at"] is not None,
        "recipient": _recipient(row),
        "channel_identity": {row["channel"]: address, "value": address, "provider": row["provider"]},
        # Which object somebody was reached through is not kept, and no run begins another.
        "parent_entity_id": None,
        "parent_entity_type": None,
        "parent_execution_id": None,
        "vendor": {
            "name": row["vendor"],
            "nickname": row["vendor_nickname"],
            "message_id": row["vendor_message_id"],
        },
        "workflow": {
            "slug": row["workflow_name"],
            "name": row["stored_workflow_name"] or row["workflow_name"],
            "version_id": row["workflow_version_id"],
            "version_no": row["workflow_version_no"],
            "node_ref": None,
        },
        "template": {
            "slug": row["template_slug"],
            "name": row["template_name"],
            "version_no": row["version_no"],
            "variant_id": row["variant_id"],
        },
    }
    return shown if contents is None else shown | {"content": contents.get(row["id"])}


def _recipient(row: Record) -> Document:
    if row["object_type"] is not None:
        return {"$type": "object", "distinct_id": None, "object_type": row["object_type"], "id": row["object_id"]}
    return {"$type": "user", "distinct_id": row["distinct_id"], "object_type": None, "id": None}
