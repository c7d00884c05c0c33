"""audit.json's content -> audit.html: one file, no script, nothing fetched."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_html(content: Mapping[str, Any], figures: Path) -> str:
    """The page; its figures are also written to folder `figures` as PNG."""
    figures.mkdir()
    environment = Environment(
        loader=PackageLoader("avdf.audit", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html").render(audit=content)
