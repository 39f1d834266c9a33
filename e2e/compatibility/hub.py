"""A hub for one run of the matrix, with a database that commands can be run against beside it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from e2e.running import Access, operated_hub, run

_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\n?", re.DOTALL)


@contextmanager
def a_hub() -> Iterator[tuple[Access, Mapping[str, Any]]]:
    """A running hub, and everything that its operator knows: what the ready file says, and keys made for browsers."""
    with operated_hub() as (access, ready, environment):
        yield access, {"public_key": "none", **ready, **_keys(access.workspace, environment)}


def _keys(workspace: str, environment: Mapping[str, str]) -> dict[str, str]:
    """A public key that wants a user token, the key that signs those, and what the first inbox clients prove with."""
    secure = run("public-key", "create", "secure", "--secure", "-w", workspace, environment=environment)
    signing = run("signing-key", "create", "-w", workspace, environment=environment)
    inbox = run("workspace", "inbox-secret", workspace, environment=environment)
    found = _PEM.search(signing.stdout)
    return {
        "secure_public_key": secure.stdout.strip() or "none",
        "signing_key": found.group() if found else "",
        "inbox_secret": inbox.stdout.strip(),
    }
