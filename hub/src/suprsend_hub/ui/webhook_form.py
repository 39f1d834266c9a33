"""The form of an endpoint: read into an endpoint, and written from one without its secrets."""

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from suprsend_hub.actions.edit_webhooks import make_webhook_secret
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.webhook import (
    MOST_A_SECOND,
    Endpoint,
    read_description,
    read_header_pairs,
    read_headers,
    read_interest,
    read_url,
)


class EndpointForm(Struct, frozen=True):
    """An endpoint as people write it: headers as name=value, one a line."""

    url: str = ""
    description: str = ""
    state: list[str] = []
    channel: list[str] = []
    rate: Annotated[int, Meta(ge=1, le=MOST_A_SECOND)] | None = None
    header: str = ""
    forget: list[str] = []


def read_new_endpoint(form: EndpointForm) -> Endpoint:
    """The endpoint that a form describes, with a secret of its own; or Invalid."""
    return Endpoint(
        url=read_url(form.url.strip()),
        description=read_description(form.description.strip()),
        interest=read_interest(form.state, form.channel),
        rate=form.rate,
        secret=make_webhook_secret(),
        headers=_written_headers(form),
    )


def read_changed_endpoint(form: EndpointForm, former: Endpoint) -> Endpoint:
    """The former endpoint as a form changes it; what was not shown and is left empty stays. Or Invalid."""
    url = read_url(form.url.strip()) if form.url else former.url
    written = _written_headers(form)
    kept = {name: value for name, value in former.headers.items() if name not in written and name not in form.forget}
    if kept and _place(url) != _place(former.url):
        # Or whoever may change the URL could have them sent to a place of their own, and read them there.
        raise Invalid("header", f"{', '.join(sorted(kept))} went to another host; write them anew, or forget them")
    return replace(
        former,
        url=url,
        description=read_description(form.description.strip()),
        interest=read_interest(form.state, form.channel),
        rate=form.rate,
        headers=read_headers({**kept, **written}),
    )


def write_endpoint(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as its form shows it; headers, and a query that may hold a secret, are left out."""
    return {
        "url": "" if "?" in endpoint.url else endpoint.url,
        "description": endpoint.description,
        "rate": endpoint.rate or "",
        "states": endpoint.interest.states,
        "channels": endpoint.interest.channels,
    }


def _written_headers(form: EndpointForm) -> dict[str, str]:
    return read_header_pairs([line.strip() for line in form.header.splitlines() if line.strip()])


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
