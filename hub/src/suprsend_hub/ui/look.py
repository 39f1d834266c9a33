"""What pages are made with: templates that escape every value and refuse names that they are not given."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from suprsend_hub.ui import shown
from suprsend_hub.ui.static_files import StaticFiles

FOLDER = Path(__file__).parent / "templates"


class Look:
    """The templates and files of the console."""

    def __init__(self, root: str) -> None:
        self.files = StaticFiles()
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.filters.update(
            tone=shown.tone_of,
            word=shown.word_of,
            exactly=shown.show_exactly,
            span=shown.show_span,
            number=shown.show_number,
            short=shown.show_short,
            document=shown.show_document,
            detail=shown.show_detail,
            part=shown.part_of_path,
        )
        self._environment.globals.update(
            console=f"{root}/console",
            static=lambda name: f"{root}/console/~/static/{self.files.address(name)}",
            moment=shown.show_moment,
            ago=shown.show_ago,
            share=shown.show_share,
        )

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """The HTML of a template with these values."""
        return self._environment.get_template(template).render(values)


@cache
def make_look(root: str) -> Look:
    """What pages below this path are made with: read and compiled once a process."""
    return Look(root)
