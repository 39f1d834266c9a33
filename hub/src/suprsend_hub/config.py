"""Settings of the hub, from the environment; docs/configuration.md is checked against these fields."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from suprsend_hub.domain.client_address import read_networks
from suprsend_hub.domain.fault import Misconfigured


def _check_networks(text: str) -> str:
    read_networks(text)
    return text


class Settings(BaseSettings):
    """One frozen set of settings; each is read from the environment variable `HUB_` + its name."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, hide_input_in_errors=True)

    database_url: Annotated[str, Field(description="PostgreSQL 14 or newer, as a postgresql:// URL", repr=False)]
    master_key: Annotated[
        str,
        Field(
            description="32 random bytes in base64; seals secrets. Make one: suprsend-hub master-key",
            repr=False,
        ),
    ]
    host: Annotated[str, Field(description="address that the API listens on")] = "127.0.0.1"
    port: Annotated[int, Field(description="port that the API listens on; 0 takes a free one", ge=0, le=65535)] = 8000
    public_url: Annotated[
        str,
        Field(
            description="where vendors and people reach the API from outside, such as https://hub.example.com;"
            " empty: vendors are not told where to report, and mails have no links of the hub",
            pattern=r"^(https?://[^\s/]+(/[^\s?#]*)?)?$",
        ),
    ] = ""
    database_connections: Annotated[
        int, Field(description="connections to PostgreSQL that a process opens at most", ge=4, le=500)
    ] = 16
    send_places: Annotated[
        int,
        Field(description="messages under way at once in a worker, for each channel and urgency", ge=1, le=10_000),
    ] = 64
    jobs_at_once: Annotated[
        int, Field(description="jobs of one kind that a worker has in hand at once", ge=1, le=1000)
    ] = 8
    heartbeat_seconds: Annotated[
        float,
        Field(
            description="a worker silent for so long is taken for dead and its jobs go to others",
            ge=1,
            le=3600,
        ),
    ] = 20.0
    drain_seconds: Annotated[
        float, Field(description="time that a stopping process gives to what it has begun", ge=0, le=600)
    ] = 7.0
    deferred_attempts: Annotated[int, Field(description="tries of a message that its vendor defers", ge=1, le=100)] = 10
    uncertain_attempts: Annotated[
        int,
        Field(
            description="tries of a message whose vendor's answer was lost; each may be a duplicate",
            ge=1,
            le=100,
        ),
    ] = 3
    content_kept_days: Annotated[
        int, Field(description="days that rendered contents are kept for people to see; 0 keeps none", ge=0, le=3650)
    ] = 30
    most_body_bytes: Annotated[
        int, Field(description="largest request body that the API takes", ge=100_000, le=100_000_000)
    ] = 2_097_152
    requests_per_second: Annotated[
        float,
        Field(
            description="requests a second of each key, in all API processes together, unless the key has its own rate;"
            " 0: any number",
            ge=0,
            le=1_000_000,
        ),
    ] = 0
    unsigned_requests_per_second: Annotated[
        float,
        Field(
            description="requests a second of a workspace that report of messages without a signature; 0: any number",
            ge=0,
            le=1_000_000,
        ),
    ] = 50
    keep_messages_days: Annotated[
        int,
        Field(
            description="days that messages, their runs and requests are kept after the last that happened to them;"
            " 0: for ever",
            ge=0,
            le=36_500,
        ),
    ] = 90
    keep_events_days: Annotated[
        int, Field(description="days that tracked events are kept; 0: for ever", ge=0, le=36_500)
    ] = 90
    keep_inbox_days: Annotated[
        int, Field(description="days that inbox notifications are kept; 0: for ever", ge=0, le=36_500)
    ] = 180
    private_urls: Annotated[
        bool,
        Field(description="allow attachments from and webhooks to private addresses; for closed networks and tests"),
    ] = False
    trusted_proxies: Annotated[
        str,
        Field(
            description="networks and addresses of your proxies, apart by commas, such as 10.0.0.0/8: what their"
            " X-Forwarded-For says is where people sign in from; empty: no header is believed"
        ),
        AfterValidator(_check_networks),
    ] = ""
    inbox_sockets: Annotated[
        int, Field(description="sockets of inboxes that an API process keeps open at once", ge=0, le=1_000_000)
    ] = 10_000
    log_level: Annotated[
        str, Field(description="debug, info, warning or error", pattern="^(debug|info|warning|error)$")
    ] = "info"
    log_json: Annotated[bool, Field(description="write logs as JSON, one object a line")] = True


def read_settings(**overrides: object) -> Settings:
    """The settings from the environment, or Misconfigured with every fault at once."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type] # each is checked by its field
    except ValidationError as error:
        faults = "\n".join(
            f"  HUB_{str(fault['loc'][0]).upper() if fault['loc'] else '?'}: {fault['msg']}" for fault in error.errors()
        )
        raise Misconfigured(f"the settings are not right:\n{faults}\nSee docs/configuration.md.") from None
