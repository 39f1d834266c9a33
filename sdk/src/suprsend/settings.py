"""What a client was told when it was built, checked once."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import NotRequired, TypedDict
from urllib.parse import quote, urlsplit

from suprsend.errors import SuprsendConfigError
from suprsend.protocol import RetryPolicy
from suprsend.signing import ApiKey, Credentials, WorkspaceSecret
from suprsend.version import __version__

HOSTED_URL = "https://hub.suprsend.com/"
HOSTED_TEST_URL = "https://collector-staging.suprsend.workers.dev/"
USER_AGENT = f"suprsend/{__version__};python/{platform.python_version()}"


class AppInfo(TypedDict):
    """The app that uses this client, told to the platform in the User-Agent header."""

    name: str
    version: NotRequired[str | None]


class Options(TypedDict, total=False):
    """What both clients take beside their credentials; times in seconds.

    `timeout` bounds each request, its retries and pauses included (30); `connect_timeout` each attempt to connect
    (5). `max_retries` further attempts are made, only where that cannot send twice (2). `auto_idempotency` gives
    every trigger without an idempotency key one of its own, so that it may be retried (off). `app_info` names your
    app to the platform. `is_uat` means the hosted platform's test server, where no `base_url` is given.
    """

    timeout: float
    connect_timeout: float
    max_retries: int
    auto_idempotency: bool
    app_info: AppInfo | None
    is_uat: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """One client's configuration; `origin` ends without a slash, `prefix` (the base URL's path) with one.

    `workspace` is what stands for the workspace on the wire: its key, or its uid beside an API key.
    """

    workspace: str
    credentials: Credentials
    origin: str
    prefix: str
    trigger_target: str
    broadcast_target: str
    event_target: str
    policy: RetryPolicy
    connect_timeout: float
    auto_idempotency: bool
    user_agent: str
    debug: bool

    @property
    def base_url(self) -> str:
        """Return the URL that every path is appended to."""
        return self.origin + self.prefix


def with_secret(workspace_key: str, workspace_secret: str) -> tuple[str, Credentials]:
    """Return a workspace and the credentials that sign for it; SuprsendConfigError if one can't be right."""
    _check_word("workspace_key", workspace_key)
    _check_text("workspace_secret", workspace_secret)
    return workspace_key, WorkspaceSecret.of(workspace_key, workspace_secret)


def with_api_key(workspace_uid: str, api_key: str) -> tuple[str, Credentials]:
    """Return a workspace and the API key that opens it; SuprsendConfigError if one can't be right."""
    _check_word("workspace_uid", workspace_uid)
    _check_word("api_key", api_key)
    return workspace_uid, ApiKey(api_key)


def read_settings(
    workspace: str, credentials: Credentials, base_url: str | None, *, debug: bool, options: Options
) -> Settings:
    """Check a client's options; SuprsendConfigError says which one is wrong."""
    timeout = options.get("timeout", 30.0)
    connect_timeout = options.get("connect_timeout", 5.0)
    max_retries = options.get("max_retries", 2)
    if timeout <= 0 or connect_timeout <= 0:
        raise SuprsendConfigError("timeout and connect_timeout are seconds above 0")
    if max_retries < 0:
        raise SuprsendConfigError("max_retries is a whole number, 0 or more")
    hosted = HOSTED_TEST_URL if options.get("is_uat") else HOSTED_URL
    origin, prefix = _split_base_url((base_url or "").strip() or hosted)
    own = f"{prefix}{quote(workspace, safe='')}/"
    return Settings(
        workspace=workspace,
        credentials=credentials,
        origin=origin,
        prefix=prefix,
        trigger_target=f"{own}trigger/",
        broadcast_target=f"{own}broadcast/",
        event_target=f"{prefix}event/",
        policy=RetryPolicy(timeout=timeout, max_retries=max_retries),
        connect_timeout=connect_timeout,
        auto_idempotency=options.get("auto_idempotency", False),
        user_agent=_user_agent(options.get("app_info")),
        debug=debug,
    )


def _check_text(name: str, value: object) -> None:
    if not value:
        raise SuprsendConfigError(f"Missing {name}")
    if not isinstance(value, str):
        raise SuprsendConfigError(f"{name} must be a string")


def _check_word(name: str, value: str) -> None:
    _check_text(name, value)
    if not (value.isascii() and value.isprintable()):
        raise SuprsendConfigError(f"{name} must be printable ASCII")


def _user_agent(app: AppInfo | None) -> str:
    if not app or not app.get("name"):
        return USER_AGENT
    named = f"{app['name']}/{app['version']}" if app.get("version") else app["name"]
    if not (named.isascii() and named.isprintable()):
        raise SuprsendConfigError("app_info must be printable ASCII")
    return f"{USER_AGENT} ({named})"


def _split_base_url(base_url: str) -> tuple[str, str]:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SuprsendConfigError(f"base_url must look like https://host/, not {base_url!r}")
    if parts.query or parts.fragment or parts.username is not None:
        raise SuprsendConfigError("base_url must have no user name, query or fragment")
    return f"{parts.scheme}://{parts.netloc}", f"/{parts.path.strip('/')}/".replace("//", "/")
