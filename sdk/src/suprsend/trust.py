"""Which certificates a server may show."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi

from suprsend.errors import SuprsendConfigError


def trusted(origin: str) -> ssl.SSLContext | None:
    """Return what an https origin is checked against, or None for http.

    The system's certificates are trusted (or those that SSL_CERT_FILE and SSL_CERT_DIR name), Mozilla's, which
    certifi brings where the system has none, and those that REQUESTS_CA_BUNDLE names, as with the official client.
    """
    if not origin.startswith("https:"):
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if named := os.environ.get("REQUESTS_CA_BUNDLE"):
        try:
            context.load_verify_locations(**{"capath" if Path(named).is_dir() else "cafile": named})
        except OSError as fault:
            raise SuprsendConfigError(f"REQUESTS_CA_BUNDLE can't be read: {named}: {fault}") from fault
    return context
