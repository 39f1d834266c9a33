"""Sending a message again: which may be, and why others may not."""

from suprsend_hub.domain.message import UNSETTLED, Status

FAILED: tuple[Status, ...] = ("trigger_failed", "delivery_failure")


def objection_to_repeating(
    status: Status, failure_code: str | None, address: str, *, run_is_cancelled: bool
) -> str | None:
    """Why a message can't be sent again, as a sentence for people; None where it can."""
    if status in UNSETTLED:
        return "It is not over: what waits is sent, or comes to an end, by itself."
    if status == "sent_by_vendor" and failure_code is not None:
        return "It is not over: its vendor failed, and the next one is asked by itself."
    if not address:
        return "There is no address that it could go to."
    if run_is_cancelled:
        return "Its run was cancelled, and nothing more of that is sent; a new trigger would be."
    return None
