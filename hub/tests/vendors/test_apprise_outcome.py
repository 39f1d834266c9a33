"""What Apprise's no means, told by what was logged during the send."""

import logging

import pytest
from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.apprise_outcome import Overheard, read_refusal
from suprsend_hub.vendors.apprise_url import mask_secrets

POOL = "HTTPSConnectionPool(host='x.example', port=443)"
REFUSED = f'Socket Exception: {POOL}: Max retries exceeded with url: /t (Caused by NewConnectionError("no"))'
SLOW = f"Socket Exception: {POOL}: Max retries exceeded with url: /t (Caused by ConnectTimeoutError(<x>, 'slow'))"
NAMELESS = f'Socket Exception: {POOL}: Max retries exceeded with url: /t (Caused by NameResolutionError("x"))'
TLS = f"Socket Exception: {POOL}: Max retries exceeded with url: /t (Caused by SSLError(SSLCertVerificationError(1)))"
SILENT = f"Socket Exception: {POOL}: Read timed out. (read timeout=4.0)"
CUT = "Socket Exception: ('Connection aborted.', RemoteDisconnected('Remote end closed connection'))"


def overhear(*lines: str, statuses: tuple[int, ...] = ()) -> Overheard:
    warning = (logging.WARNING, "Failed to send.")
    return Overheard([(logging.DEBUG, line) for line in lines] + [warning], list(statuses))


@pytest.mark.parametrize(
    ("overheard", "kind", "code"),
    [
        (overhear(REFUSED), Deferred, "vendor_unreachable"),
        (overhear(SLOW), Deferred, "vendor_unreachable"),
        (overhear(NAMELESS), Deferred, "vendor_unreachable"),
        (overhear("Socket Exception: [Errno 111] Connection refused"), Deferred, "vendor_unreachable"),
        (overhear(TLS), Deferred, "vendor_tls"),
        (overhear(SILENT), Uncertain, "answer_lost"),
        (overhear(CUT), Uncertain, "answer_lost"),
        (overhear("Socket Exception: timed out"), Uncertain, "answer_lost"),
        (overhear(statuses=(400,)), Rejected, "vendor_refused"),
        (overhear(statuses=(401,)), Deferred, "vendor_credentials"),
        (overhear(statuses=(429,)), Deferred, "vendor_rate_limited"),
        (overhear(statuses=(503,)), Deferred, "vendor_unavailable"),
        (overhear(statuses=(302,)), Deferred, "vendor_unavailable"),
        (overhear(statuses=(200,)), Uncertain, "answer_unreadable"),
        (overhear(), Uncertain, "answer_unreadable"),
        (Overheard(), Uncertain, "answer_unreadable"),
    ],
)
def test_what_was_logged_tells_the_outcome(overheard: Overheard, kind: type[Outcome], code: str) -> None:
    outcome = read_refusal(overheard, str)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "code", None) == code


@pytest.mark.parametrize(
    ("overheard", "code"),
    [
        (overhear(statuses=(400, 503)), "vendor_unavailable"),
        (overhear(statuses=(200, 404)), "vendor_refused"),
        (overhear(SILENT, statuses=(400,)), "answer_lost"),
        (overhear("Sent JSON POST notification.", statuses=(200, 400)), "partly_taken"),
    ],
)
def test_of_several_answers_the_one_that_gives_least_up_counts(overheard: Overheard, code: str) -> None:
    assert getattr(read_refusal(overheard, str), "code", None) == code


def test_the_reason_is_what_apprise_warned_of_without_what_is_secret() -> None:
    url = "ntfys://tk_geheim%21:pass,word@ntfy.example.com/t0p1c/{address}?to=x&-key=s3cret"
    said = "Failed for TK_GEHEIM! and tk_geheim%21 and pass,word at t0p1c with s3cret for ann@example.org"
    overheard = Overheard([(logging.WARNING, said), (logging.WARNING, said), (logging.DEBUG, "t0p1c")])
    outcome = read_refusal(overheard, lambda text: mask_secrets(url, text))
    assert outcome == Uncertain(
        "answer_unreadable", "Failed for *** and *** and *** at *** with *** for ann@example.org"
    )


def test_what_was_overheard_prints_no_line() -> None:
    assert "Failed" not in repr(overhear())
