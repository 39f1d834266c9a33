"""How templates and their variants are named; slugs, ids and tenants also become names of folders."""

import re
from typing import Annotated, TypeAlias

from msgspec import Meta

from suprsend_hub.domain.fault import Invalid

_LOCALE = r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}"

Locale: TypeAlias = Annotated[str, Meta(pattern=rf"^{_LOCALE}$(?!\n)", max_length=35)]
TenantId: TypeAlias = Annotated[str, Meta(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9_.-]{0,63})?$(?!\n)")]

# Beside a channel's variants stands the folder of its tenants.
TENANTS = "_tenants"

_SLUG = re.compile(r"[a-z0-9_-]{1,120}", re.ASCII)
_TENANT_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}", re.ASCII)


def check_slug(text: str, field: str) -> None:
    """Refuse what can't be a template's slug."""
    if not _SLUG.fullmatch(text):
        raise Invalid(field, f"{text[:40]!r} must be 1 to 120 of a-z, 0-9, - and _")


def check_locale(text: str, field: str) -> None:
    """Refuse what is no locale."""
    if len(text) > 35 or not re.fullmatch(_LOCALE, text, re.ASCII):
        raise Invalid(field, f"{text[:40]!r} is not a locale, such as de or pt-BR")


def check_tenant_id(text: str, field: str) -> None:
    """Refuse a tenant's id that can't be a folder's name."""
    if not _TENANT_ID.fullmatch(text):
        raise Invalid(field, f"{text[:40]!r} must be 1 to 64 letters, digits, - _ and ., and must not begin with .")


def check_variant_id(text: str, field: str) -> None:
    """Refuse an id that can't be a folder's name."""
    if not _ID.fullmatch(text) or text == TENANTS:
        problem = "must be 1 to 128 letters, digits, - _ and ., must not begin with ., and must not be _tenants"
        raise Invalid(field, f"{text[:40]!r} {problem}")
