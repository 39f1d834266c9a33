"""What the queries of preferences may say, and how it is read."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from suprsend_hub.domain.tag_filter import TagFilter, read_tag_filter
from suprsend_hub.domain.template import DEFAULT_TENANT

TenantId: TypeAlias = Annotated[str | None, QueryParameter(max_length=64)]
Locale: TypeAlias = Annotated[str | None, QueryParameter(max_length=35)]
Tags: TypeAlias = Annotated[str | None, QueryParameter(max_length=4000)]


@dataclass(frozen=True, slots=True)
class PreferenceQuery:
    """Which categories are meant, and how they are shown."""

    tenant_id: str
    show_opt_out: bool
    wanted: TagFilter
    locale: str | None


def read_query(
    tenant_id: TenantId = None,
    show_opt_out_channels: Annotated[bool, QueryParameter()] = False,
    tags: Tags = None,
    locale: Locale = None,
) -> PreferenceQuery:
    """The query of a call; whoever names no tenant means the default one."""
    return PreferenceQuery(tenant_id or DEFAULT_TENANT, show_opt_out_channels, read_tag_filter(tags), locale or None)
