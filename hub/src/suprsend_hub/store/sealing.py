"""Secrets at rest: AES-256-GCM under the installation's master key."""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from suprsend_hub.domain.fault import Misconfigured

_NONCE_BYTES = 12
# 128 bits can't be guessed, and keep links short.
_MARK_BYTES = 16


class Vault:
    """Seals and opens secrets; `context` binds a sealed value to the place where it is stored."""

    def __init__(self, master_key: str) -> None:
        try:
            key = base64.b64decode(master_key, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise Misconfigured(
                "HUB_MASTER_KEY must be 32 random bytes in base64; make one with: suprsend-hub master-key"
            )
        self._cipher = AESGCM(key)
        self._marking_key = hmac.digest(key, b"marks", "sha256")

    def seal(self, secret: bytes, context: str) -> bytes:
        """Encrypt; the same secret gives another result each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt, or Misconfigured when the master key is another than the one that sealed."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag:
            raise Misconfigured(
                "a stored secret can't be opened: HUB_MASTER_KEY is not the key it was sealed with"
            ) from None

    def mark(self, text: str, context: str) -> str:
        """A short proof, fit for URLs, that this installation made the text for this purpose."""
        whole = hmac.digest(self._marking_key, f"{context}\n{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(whole[:_MARK_BYTES]).rstrip(b"=").decode()

    def is_marked(self, text: str, context: str, mark: str) -> bool:
        """Whether the mark is the one that `mark` gives."""
        return hmac.compare_digest(self.mark(text, context).encode(), mark.encode("utf-8", "replace"))


def digest(credential: str) -> bytes:
    """What is stored of an API key: enough to recognise it, not to use it."""
    return hashlib.sha256(credential.encode()).digest()


def mask(credential: str) -> str:
    """A credential as it can be shown: enough to tell it from others."""
    return f"{credential[:6]}…{credential[-4:]}"


def make_master_key() -> str:
    """A fresh master key, as HUB_MASTER_KEY wants it."""
    return base64.b64encode(os.urandom(32)).decode()
