"""Standard Webhooks: the specification's own example, and what must not be believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.webhook_signature import is_webhook_signed, read_secret, sign_webhook

KEY = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'


def test_the_published_example() -> None:
    assert sign_webhook(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, BODY) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(), st.text(alphabet="abc_-.", min_size=1), st.integers(-299, 299))
def test_what_was_signed_just_now_is_believed(body: bytes, name: str, late: int) -> None:
    headers = sign_webhook(KEY, name, AT, body)
    headers["webhook-signature"] = f"v1,AAAA v2,x {headers['webhook-signature']}"
    assert is_webhook_signed(KEY, headers, body, AT + timedelta(seconds=late))


def test_whoever_knows_a_former_key_believes_it_too() -> None:
    former = read_secret("whsec_" + "A" * 32)
    headers = sign_webhook(KEY, "msg", AT, BODY, [former])
    assert len(headers["webhook-signature"].split()) == 2
    for key in (KEY, former):
        assert is_webhook_signed(key, headers, BODY, AT)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "other"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "٣"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,ü"},
    ],
)
def test_what_was_changed_is_not(change: dict[str, str]) -> None:
    headers = sign_webhook(KEY, "msg", AT, BODY)
    assert is_webhook_signed(KEY, headers, BODY, AT)
    assert not is_webhook_signed(KEY, headers | change, BODY, AT)
    assert not is_webhook_signed(KEY, headers, BODY + b" ", AT)
    assert not is_webhook_signed(KEY, headers, BODY, AT + timedelta(minutes=6))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="must"):
        read_secret(secret)
