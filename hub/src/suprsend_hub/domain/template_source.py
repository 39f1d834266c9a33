"""A template as people keep it in files: what is said of it, its variants, and sample data."""

from dataclasses import dataclass

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import Variant


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """One template, whole; variants of a channel stand in the order in which they are tried."""

    slug: str
    name: str
    description: str
    tags: tuple[str, ...]
    enabled_channels: tuple[Channel, ...]
    variants: tuple[Variant, ...]
    mock_data: Document | None = None
    warnings: tuple[str, ...] = ()
