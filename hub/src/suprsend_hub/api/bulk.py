"""Replies to arrays of which each record is judged by itself (wire.md 3.2)."""

from collections.abc import Sequence

from litestar import Response

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid


def accepted_record(message_id: str | None) -> Document:
    """What is said of a record that was stored."""
    return {"status": "success", "status_code": 202, "message_id": message_id}


def refused_record(fault: Invalid) -> Document:
    """What is said of a record that was not."""
    error = {"type": "ValidationError", "message": fault.message}
    return {"status": "error", "status_code": 400, "error": error}


def bulk_reply(records: Sequence[Document]) -> Response[Document]:
    """202 if all records were stored, else 207; the records are in the order in which they came."""
    stored = sum(record["status"] == "success" for record in records)
    status = "success" if stored == len(records) else "partial" if stored else "error"
    return Response({"status": status, "records": list(records)}, status_code=202 if stored == len(records) else 207)
