"""What a client was told when it was built, checked once."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from suprsend.errors import SuprsendConfigError
from suprsend.protocol import RetryPolicy
from suprsend.signing import WorkspaceSecret
from suprsend.version import __version__

HOSTED_URL = "https://hub.suprsend.com/"
HOSTED_TEST_URL = "https://collector-staging.suprsend.workers.dev/"
USER_AGENT = f"suprsend/{__version__};python/{platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Settings:
    """One client's configuration; `origin` ends without a slash, `prefix` (the base URL's path) with one."""

    workspace_key: str
    workspace_secret: str = field(repr=False)
    credentials: WorkspaceSecret
    origin: str
    prefix: str
    trigger_target: str
    event_target: str
    policy: RetryPolicy
    debug: bool

    @property
    def base_url(self) -> str:
        """Return the URL that every path is appended to."""
        return self.origin + self.prefix


def read_settings(
    workspace_key: str,
    workspace_secret: str,
    base_url: str | None,
    *,
    is_uat: bool,
    debug: bool,
    timeout: float,
    connect_timeout: float,
    max_retries: int,
) -> Settings:
    """Check a client's arguments; SuprsendConfigError says which one is wrong."""
    for name, value in (("workspace_key", workspace_key), ("workspace_secret", workspace_secret)):
        if not value:
            raise SuprsendConfigError(f"Missing {name}")
        if not isinstance(value, str):
            raise SuprsendConfigError(f"{name} must be a string")
    if not (workspace_key.isascii() and workspace_key.isprintable()):
        raise SuprsendConfigError("workspace_key must be printable ASCII")
    if timeout <= 0 or connect_timeout <= 0:
        raise SuprsendConfigError("timeout and connect_timeout are seconds above 0")
    if max_retries < 0:
        raise SuprsendConfigError("max_retries is a whole number, 0 or more")
    origin, prefix = _split_base_url((base_url or "").strip() or (HOSTED_TEST_URL if is_uat else HOSTED_URL))
    return Settings(
        workspace_key=workspace_key,
        workspace_secret=workspace_secret,
        credentials=WorkspaceSecret.of(workspace_key, workspace_secret),
        origin=origin,
        prefix=prefix,
        trigger_target=f"{prefix}{quote(workspace_key, safe='')}/trigger/",
        event_target=f"{prefix}event/",
        policy=RetryPolicy(timeout=timeout, max_retries=max_retries),
        debug=debug,
    )


def _split_base_url(base_url: str) -> tuple[str, str]:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SuprsendConfigError(f"base_url must look like https://host/, not {base_url!r}")
    if parts.query or parts.fragment or parts.username is not None:
        raise SuprsendConfigError("base_url must have no user name, query or fragment")
    return f"{parts.scheme}://{parts.netloc}", f"/{parts.path.strip('/')}/".replace("//", "/")
