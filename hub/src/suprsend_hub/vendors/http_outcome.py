"""What an HTTP status means for a message, where the vendor's own words say no more."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.printable import make_printable

LONGEST_RETRY_AFTER = timedelta(days=1)


def judge_status(answer: HttpAnswer, said: str = "") -> Outcome:
    """The outcome of an answer that the vendor's own reading could not tell; never Accepted."""
    detail = make_printable(f"HTTP {answer.status} {said or answer.body[:300].decode('utf-8', 'replace')}")
    match answer.status:
        case status if 200 <= status < 300:
            return Uncertain("answer_unreadable", detail)
        case 401 | 403 | 407:
            return Deferred("vendor_credentials", detail)
        case 429:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case status if status in (408, 425) or status >= 500 or status < 400:
            return Deferred("vendor_unavailable", detail, read_retry_after(answer))
        case _:
            return Rejected("vendor_refused", detail)


def read_retry_after(answer: HttpAnswer) -> timedelta | None:
    """How long the vendor asks to wait: whole seconds, or a date, which counts from the answer's own date."""
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(timedelta(seconds=int(given[:9])), LONGEST_RETRY_AFTER)
    until, now = _read_date(given), _read_date(answer.headers.get("date", ""))
    if until is None or now is None:
        return None
    return max(timedelta(0), min(until - now, LONGEST_RETRY_AFTER))


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
