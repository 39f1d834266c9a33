"""The edge of JSON: the one name for an object whose shape its author decides."""

from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
