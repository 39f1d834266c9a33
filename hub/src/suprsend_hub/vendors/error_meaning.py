"""What one of a vendor's own error codes means, whether it comes as an answer or in a report."""

from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.suppression import Cause
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.http_outcome import read_retry_after


@dataclass(frozen=True, slots=True)
class ErrorMeaning:
    """The hub's code for an error; it passes where the vendor may take the message later."""

    code: str
    passes: bool = False
    cause: Cause | None = None

    def as_outcome(self, answer: HttpAnswer, detail: str) -> Outcome:
        """What came of a message that was answered with this error."""
        if self.passes:
            return Deferred(self.code, detail, read_retry_after(answer))
        return Rejected(self.code, detail, self.cause)

    def as_receipt(self, message_id: str, at: datetime, detail: str) -> Receipt:
        """What is told of a message that was taken, and then failed with this error."""
        return Receipt(message_id, "failed", at, self.code, detail, self.cause)


BAD_CREDENTIALS = ErrorMeaning("vendor_credentials", passes=True)
RATE_LIMITED = ErrorMeaning("vendor_rate_limited", passes=True)
UNAVAILABLE = ErrorMeaning("vendor_unavailable", passes=True)
WRONG_SETTINGS = ErrorMeaning("vendor_settings")
REFUSED = ErrorMeaning("vendor_refused")
BAD_CONTENT = ErrorMeaning("content")
BAD_ADDRESS = ErrorMeaning("address")
UNSUBSCRIBED = ErrorMeaning("unsubscribed")
UNREGISTERED = ErrorMeaning("unregistered", cause="unregistered")
REPORTED_FAILURE = ErrorMeaning("vendor_reported_failure")
