"""Why a text did not arrive, as its vendor reports it afterwards."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.printable import make_printable


@dataclass(frozen=True, slots=True)
class FailureCodes:
    """The vendor's codes that speak of the person's number: it gets no texts, or wants none of this sender."""

    dead: Collection[str]
    stopped: Collection[str]

    def receipt(self, message_id: str, happened_at: datetime, vendor_code: str, said: str) -> Receipt:
        """The receipt of a text that did not arrive."""
        code = "vendor_reported_failure"
        if vendor_code in self.dead:
            code = "address"
        elif vendor_code in self.stopped:
            code = "unsubscribed"
        return Receipt(message_id, "failed", happened_at, code, make_printable(said))
