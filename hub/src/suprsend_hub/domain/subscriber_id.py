"""The credential of the first inbox clients: a person's id, sealed with the workspace's inbox secret (wire.md 2.4)."""

import hmac
from base64 import urlsafe_b64encode


def make_subscriber_id(inbox_secret: str, distinct_id: str) -> str:
    """What an app's backend hands to the inbox of this person."""
    made = hmac.digest(inbox_secret.encode(), distinct_id.encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def is_subscriber_id(given: str, inbox_secret: str, distinct_id: str) -> bool:
    """Whether it was made for this person; takes the same time wherever a wrong one differs."""
    return hmac.compare_digest(
        make_subscriber_id(inbox_secret, distinct_id).encode(), given.encode("utf-8", "surrogatepass")
    )
