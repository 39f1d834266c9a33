"""The credential of the first inbox clients: the vector of wire.md 2.4."""

import pytest
from suprsend_hub.domain.subscriber_id import is_subscriber_id, make_subscriber_id

SECRET = "demo-inbox-secret"
SUBSCRIBER = "aOfVVcUGyfLM25KNwU-MTeIpjTL8LDI1fFQaLrAxRZY"


def test_the_recorded_id_is_made_and_believed() -> None:
    assert make_subscriber_id(SECRET, "user-1") == SUBSCRIBER
    assert is_subscriber_id(SUBSCRIBER, SECRET, "user-1")


@pytest.mark.parametrize(
    ("given", "secret", "distinct_id"),
    [
        (SUBSCRIBER, SECRET, "user-2"),
        (SUBSCRIBER, "another", "user-1"),
        (SUBSCRIBER + "=", SECRET, "user-1"),
        (SUBSCRIBER[:-1], SECRET, "user-1"),
        ("", SECRET, "user-1"),
        ("é\ud800", SECRET, "\ud800"),
    ],
)
def test_no_other_id_is_believed(given: str, secret: str, distinct_id: str) -> None:
    assert not is_subscriber_id(given, secret, distinct_id)
