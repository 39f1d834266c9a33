"""JSON Web Tokens signed with a key of P-256 (ES256), as Apple and web push want them."""

from base64 import urlsafe_b64encode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from suprsend_hub.domain.document import Document


def load_es256_key(pem: str, field: str) -> EllipticCurvePrivateKey:
    """The key in a PEM text, or a ValueError that names the field and shows nothing of it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError(f"{field}: must be a P-256 key in PEM form") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError(f"{field}: must be a P-256 key in PEM form")
    return key


def sign_es256(key: EllipticCurvePrivateKey, header: Document, claims: Document) -> str:
    """A token of these claims (RFC 7515, RFC 7518)."""
    signed = ".".join(encode_base64(msgspec.json.encode(part)) for part in ({**header, "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{encode_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def encode_base64(data: bytes) -> str:
    """Base64 as URLs take it, without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
