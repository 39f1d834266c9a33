"""What Xiaomi means by what it says."""

from typing import Any

import pytest
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors import xiaomi

from .conftest import check_outcome

XIAOMI_TAKEN = {"result": "ok", "code": 0, "data": {"id": "scm1"}}


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (200, XIAOMI_TAKEN, Accepted, "scm1"),
        (200, {"code": 0, "data": {}}, Uncertain, "answer_unreadable"),
        (200, {"code": 20301, "reason": "No valid targets!"}, Rejected, "unregistered"),
        (200, {"code": 20301, "reason": "why"}, Rejected, "vendor_refused"),
        (401, {"code": 21301}, Deferred, "vendor_credentials"),
        (200, {"code": 22000}, Deferred, "vendor_credentials"),
        (200, {"code": 22022, "reason": "Invalid package name"}, Deferred, "vendor_credentials"),
        (200, {"code": 10027}, Deferred, "vendor_rate_limited"),
        (200, {"code": 200001}, Deferred, "vendor_rate_limited"),
        (200, {"code": 10002}, Deferred, "vendor_unavailable"),
        (200, {"code": 65009}, Rejected, "content"),
        (200, {"code": 10017}, Rejected, "vendor_refused"),
        (500, {"code": 77}, Deferred, "vendor_unavailable"),
        (500, XIAOMI_TAKEN, Deferred, "vendor_unavailable"),
    ],
)
def test_what_xiaomi_says_decides(status: int, said: dict[str, Any], kind: type[Outcome], code: str) -> None:
    check_outcome(xiaomi.read_outcome, status, said, kind, code)
