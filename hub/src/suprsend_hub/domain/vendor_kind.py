"""What a vendor is to whoever sets up an account: its channel, and its settings."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from suprsend_hub.domain.category import ROOTS, Root
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.duration import read_duration
from suprsend_hub.domain.fault import Invalid

# Raises ValueError, which names the field and shows no value.
CheckSettings: TypeAlias = Callable[[Document], object]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; `default` is None where it has to be given, and `is_text` says that it is a text as it stands."""

    name: str
    meaning: str
    default: str | None
    is_secret: bool
    is_text: bool


@dataclass(frozen=True, slots=True)
class VendorKind:
    """A vendor; `channel` is None where each account says which it serves, `reports` tells of deliveries."""

    name: str
    channel: Channel | None
    provider: str
    settings: Sequence[Setting]
    reports: bool
    check: CheckSettings

    def read_setting(self, name: str, text: str) -> Any:
        """The value that a text stands for: numbers, true and objects are JSON, unless the setting is a text."""
        is_text = any(each.is_text for each in self.settings if each.name == name)
        if is_text and not text.startswith('"'):
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text

    def read_channel(self, name: str | None) -> Channel:
        """The channel of an account, or Invalid."""
        if self.channel is not None:
            if name not in (None, self.channel):
                raise Invalid("channel", f"{self.name} serves {self.channel} and nothing else")
            return self.channel
        found = next((each for each in CHANNELS if each == name and each != "inbox"), None)
        if found is None:
            known = ", ".join(each for each in CHANNELS if each != "inbox")
            raise Invalid("channel", f"{self.name} serves every channel: say which, one of {known}")
        return found

    def read_fallback(self, text: str | None, field: str) -> timedelta | None:
        """How long a delivery report is waited for, or Invalid where the vendor gives none."""
        if text is None:
            return None
        if not self.reports:
            raise Invalid(field, f"{self.name} does not report deliveries, so there is nothing to wait for")
        return read_duration(text, field)


def read_roots(names: Sequence[str]) -> frozenset[Root]:
    """The category roots that an account serves, or Invalid; none for all."""
    if unknown := [name for name in names if name not in ROOTS]:
        raise Invalid("category", f"{unknown[0]!r} is not known; use {', '.join(ROOTS)}")
    return frozenset(root for root in ROOTS if root in names)
