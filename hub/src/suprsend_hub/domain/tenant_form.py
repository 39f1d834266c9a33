"""What can be said of a tenant on the wire, checked, and what the tenant is like after it (wire.md 3.7)."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.template_dates import BadDate, read_zone
from suprsend_hub.domain.tenant import COLORS, OLD_SPELLINGS, SOCIAL_LINKS, Tenant

# Properties are read with every chunk of messages that is sent.
MOST_PROPERTY_BYTES = 65_536

_Name = Annotated[str, Meta(max_length=255)]
_Text = Annotated[str, Meta(max_length=2048)]

_URL = re.compile(r'https?://[^\x00-\x20\x7f<>"]+', re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,62}", re.ASCII
)
_COLOR = re.compile(r"#([0-9A-Fa-f]{3}){1,2}", re.ASCII)
# What a browser takes for the beginning of a tag: "I <3 you" and "a < b" are no HTML.
_TAG = re.compile(r"<[A-Za-z/!?]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SocialLinksForm(Struct, frozen=True):
    """Links; "" takes one away, null leaves it. The last two are old spellings, over which the new ones win."""

    website: _Text | None = None
    facebook: _Text | None = None
    linkedin: _Text | None = None
    x: _Text | None = None
    instagram: _Text | None = None
    medium: _Text | None = None
    discord: _Text | None = None
    telegram: _Text | None = None
    youtube: _Text | None = None
    tiktok: _Text | None = None
    twitter: _Text | None = None
    old_linkedin: _Text | None = msgspec.field(name="LinkedIn", default=None)


class TenantForm(Struct, frozen=True):
    """What can be said of a tenant; what is missing or null stays as it is, and "" takes a text away.

    `brand_name` and `preference_page_url` are old names, over which the new ones win.
    """

    tenant_name: _Name | None = None
    brand_name: _Name | None = None
    logo: _Text | None = None
    timezone: _Text | None = None
    blocked_channels: Annotated[list[Channel], Meta(max_length=100)] | None = None
    embedded_preference_url: _Text | None = None
    preference_page_url: _Text | None = None
    hosted_preference_domain: _Text | None = None
    primary_color: _Text | None = None
    secondary_color: _Text | None = None
    tertiary_color: _Text | None = None
    social_links: SocialLinksForm | None = None
    properties: dict[str, Any] | None = None


def change_tenant(tenant: Tenant, form: TenantForm, now: datetime) -> Tenant:
    """The tenant after this was said of it, or Invalid that names the field."""
    changed: Document = {
        "logo": _read_url(form.logo, "logo"),
        "timezone": _read_timezone(form.timezone),
        "embedded_preference_url": _read_preference_url(form),
        "hosted_preference_domain": _read_domain(form.hosted_preference_domain),
        **{color: _read_color(getattr(form, color), color) for color in COLORS},
    }
    texts: Document = {name: text or None for name, text in changed.items() if text is not None}
    blocked = tenant.blocked_channels if form.blocked_channels is None else tuple(dict.fromkeys(form.blocked_channels))
    return replace(
        tenant,
        **texts,
        tenant_name=_read_name(tenant, form),
        blocked_channels=blocked,
        social_links=_merge_links(tenant, form.social_links),
        properties=_merge_properties(tenant, form.properties),
        updated_at=now,
    )


def _read_name(tenant: Tenant, form: TenantForm) -> str:
    field = "tenant_name" if form.tenant_name is not None or form.brand_name is None else "brand_name"
    name: str | None = getattr(form, field)
    if name is None:
        return tenant.tenant_name
    if not name.strip():
        raise Invalid(field, "must not be empty")
    if _TAG.search(name):
        raise Invalid(field, "must not contain HTML")
    if _CONTROL.search(name):
        raise Invalid(field, "must be one line, without control characters")
    return name


def _read_preference_url(form: TenantForm) -> str | None:
    if form.embedded_preference_url is None:
        return _read_url(form.preference_page_url, "preference_page_url")
    return _read_url(form.embedded_preference_url, "embedded_preference_url")


def _read_url(text: str | None, field: str) -> str | None:
    if text and not _URL.fullmatch(text):
        raise Invalid(field, f"{text[:60]!r} is no URL that begins with https:// or http://")
    return text


def _read_domain(text: str | None) -> str | None:
    if text and not _DOMAIN.fullmatch(text):
        raise Invalid("hosted_preference_domain", f"{text[:60]!r} is no domain like preferences.example.com")
    return text


def _read_color(text: str | None, field: str) -> str | None:
    if text and not _COLOR.fullmatch(text):
        raise Invalid(field, f"{text[:60]!r} is no color like #ff8800")
    return text


def _read_timezone(text: str | None) -> str | None:
    try:
        if text:
            read_zone(text)
    except BadDate as fault:
        raise Invalid("timezone", str(fault)) from None
    return text


def _merge_links(tenant: Tenant, form: SocialLinksForm | None) -> dict[str, str]:
    given: dict[str, str | None] = msgspec.to_builtins(form or SocialLinksForm())
    links = dict(tenant.social_links)
    for name in (*OLD_SPELLINGS, *SOCIAL_LINKS):
        link = _read_url(given[name], f"social_links.{name}")
        if link is not None:
            links[OLD_SPELLINGS.get(name, name)] = link
    return {name: link for name, link in links.items() if link}


def _merge_properties(tenant: Tenant, properties: Document | None) -> Document:
    merged = tenant.properties | (properties or {})
    if properties and len(msgspec.json.encode(merged)) > MOST_PROPERTY_BYTES:
        raise Invalid("properties", f"must take at most {MOST_PROPERTY_BYTES} bytes, with those that are stored")
    return merged
