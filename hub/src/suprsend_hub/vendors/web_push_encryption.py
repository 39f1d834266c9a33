"""Encryption of web push messages (RFC 8291, with the content coding of RFC 8188); pure."""

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Push services take no more than 4096 bytes (RFC 8030, section 7.2); the header takes 86 and the tag and mark 17.
MOST_BYTES = 4096 - 86 - 17
_RECORD_SIZE = 4096
_LAST_RECORD = b"\x02"


def encrypt(
    text: bytes, browser_key: bytes, browser_secret: bytes, server_key: EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The body of a push; the browser's key is an uncompressed point, its secret and the salt have 16 bytes.

    ValueError where the browser's key is no point of the curve.
    """
    browser = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), browser_key)
    shared = server_key.exchange(ECDH(), browser)
    server = write_point(server_key.public_key())
    material = _derive(shared, browser_secret, b"WebPush: info\x00" + browser_key + server, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + bytes([len(server)]) + server
    return header + AESGCM(key).encrypt(nonce, text + _LAST_RECORD, None)


def write_point(key: EllipticCurvePublicKey) -> bytes:
    """A public key as 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
