"""docs/configuration.md from the settings: `python -m tools.configuration_page` writes it."""

from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from suprsend_hub.config import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"

HEAD = """# Configuration

Every process reads its settings from environment variables when it starts, and refuses to start with a list of all that
are wrong. In development mode the first two are made by the hub itself.

| variable | | default |
|---|---|---|
"""

FOOT = """
`suprsend-hub template` reads `HUB_URL` and `HUB_SERVICE_TOKEN`, which say where to push to and pull from.

This page is written by `python -m tools.configuration_page`.
"""


def write_page() -> str:
    """The page's text."""
    rows = [f"| `HUB_{name.upper()}` | {field.description} | {_default(field)} |" for name, field in _fields()]
    return HEAD + "\n".join(rows) + "\n" + FOOT


def _fields() -> list[tuple[str, FieldInfo]]:
    return list(Settings.model_fields.items())


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    PAGE.write_text(write_page())
