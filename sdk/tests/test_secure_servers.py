"""TLS: a server whose certificate is not right gets nothing, and the result says so."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from suprsend import Suprsend, SuprsendConfigError, Workflow

from sdk.tests.conftest import App
from sdk.tests.local_server import Received, read_request

BODY = {"name": "wf", "template": "tp", "notification_category": "system", "users": [{"distinct_id": "u1"}]}
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nOK"


def write_certificate(folder: Path, begins: datetime, ends: datetime) -> Path:
    """Write a key and a certificate of 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def secure_server(certificate: Path) -> Iterator[tuple[str, list[Received | None]]]:
    """Run an HTTPS server; give its origin, and what it read."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    read: list[Received | None] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                plain.settimeout(10)
                with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                    with connection.makefile("rb") as stream:
                        read.append(read_request(stream.readline, stream.read))
                    connection.sendall(ACCEPTED)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", read
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("begins", "ends", "is_trusted"),
    [(NOW - 9 * DAY, NOW - DAY, True), (NOW + DAY, NOW + 9 * DAY, True), (NOW - DAY, NOW + DAY, False)],
    ids=["expired", "not yet valid", "of nobody we trust"],
)
def test_a_bad_certificate_is_a_result_and_nothing_is_sent(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins: datetime, ends: datetime, is_trusted: bool
) -> None:
    certificate = write_certificate(tmp_path, begins, ends)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with secure_server(certificate) as (origin, read):
        result = app.run(app.connect(origin, timeout=5).trigger_workflow(Workflow(dict(BODY), idempotency_key="k")))
    assert (result["success"], result["status_code"]) == (False, 500)
    assert f"no secure connection to {origin}" in result["message"]
    assert "certificate" in result["message"]
    assert read == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_good_certificate_is_accepted(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    certificate = write_certificate(tmp_path, NOW - DAY, NOW + DAY)
    monkeypatch.setenv(variable, str(certificate))
    with secure_server(certificate) as (origin, read):
        assert app.run(app.connect(origin, timeout=5).trigger_workflow(Workflow(dict(BODY))))["success"]
        app.run(app.clients.pop().close())
    assert len(read) == 1


def test_a_bundle_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at-all.pem")
    with pytest.raises(SuprsendConfigError, match="REQUESTS_CA_BUNDLE"):
        Suprsend("key", "secret")
