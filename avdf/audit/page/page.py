"""audit.json's content -> audit.html: one file that runs nothing and fetches nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avdf.audit.figures.crossing_map import crossing_map
from avdf.audit.figures.drawing import Drawing, style
from avdf.audit.figures.forests import gap_figure, method_forest, rate_forest, shortcut_figure
from avdf.audit.figures.lines import curves_of, det_figure, rates_figure, reliability_figure, scores_figure
from avdf.audit.page import formatting, tables

TABLE_METRICS = ("fpr", "fnr", "f2", "precision", "auc", "eer")
Drawings = dict[str, list[Drawing]]


def page_html(content: Mapping[str, Any], folder: Path) -> str:
    """The page of an audit; its figures are also written to `folder` as PNG."""
    return render("page.html", audit=content, drawings=drawings_of(content, folder), metrics=TABLE_METRICS)


def render(template: str, **given: Any) -> str:
    """A template of this room, every string from data escaped."""
    environment = Environment(
        loader=PackageLoader("avdf.audit.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(svg=_svg, rows=tables, metric_names=formatting.METRIC_NAMES)
    for name in ("percent", "points", "figure", "span", "p_text", "count", "short"):
        environment.filters[name] = getattr(formatting, name)
    return environment.get_template(template).render(**given)


def drawings_of(content: Mapping[str, Any], folder: Path) -> Drawings:
    """All figures by the section that shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    found: Drawings = {"rates": [], "gaps": [], "threshold": [], "scores": [], "methods": [], "shortcuts": []}
    with style():
        if content["gaps"]:
            found["rates"] = [rate_forest(content, metric, folder) for metric in ("fpr", "fnr")]
            found["gaps"].append(gap_figure(content, folder))
            crossing = crossing_map(content, folder)
            found["rates"] += [crossing] if crossing else []
        for attribute in content["settings"]["groups"]:
            curves = curves_of(content, attribute)
            if not curves:
                continue
            found["threshold"] += [draw(content, attribute, folder) for draw in (rates_figure, det_figure)]
            found["scores"].append(scores_figure(content, attribute, folder))
            if all(curve["reliability"] for curve in curves):
                found["scores"].append(reliability_figure(content, attribute, folder))
        if content["methods"]:
            found["methods"].append(method_forest(content, folder))
        if content["shortcuts"]:
            found["shortcuts"].append(shortcut_figure(content, folder))
    return found


def _svg(drawing: Drawing) -> Markup:
    """A figure's SVG, the one thing on the page that isn't escaped again: its writer has escaped it."""
    return Markup(drawing.svg)
