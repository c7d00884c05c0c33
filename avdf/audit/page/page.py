"""The HTML page of an audit: one file without scripts that loads nothing from a network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avdf.audit.figures.attacks import attack_forests
from avdf.audit.figures.breakdowns import method_forest, shortcut_figure
from avdf.audit.figures.crossing_map import crossing_map
from avdf.audit.figures.drawing import Drawing, style
from avdf.audit.figures.forests import gap_figure, rate_forest
from avdf.audit.figures.lines import curves_of, det_figure, rates_figure, reliability_figure, scores_figure
from avdf.audit.page import (
    attack_tables,
    calibration_tables,
    comparison_tables,
    formatting,
    modality_tables,
    stress_tables,
    tables,
)
from avdf.evaluation.harms import HARMS

Drawings = dict[str, list[Drawing]]
_FILTERS = (
    formatting.count,
    formatting.interval_text,
    formatting.metric_text,
    formatting.p_text,
    formatting.percent,
    formatting.points,
    formatting.points_interval,
    formatting.sentence,
    formatting.short,
)


def page_html(content: Mapping[str, Any], folder: Path) -> str:
    """The page of an audit; its figures are also written to `folder` as PNG."""
    return render("page.html", audit=content, drawings=drawings_of(content, folder))


def render(template: str, **values: Any) -> str:
    """A template of this package with its values; every string from data is escaped."""
    return page_environment().get_template(template).render(**values)


def page_environment(*packages: str) -> Environment:
    """The templates of these packages and of this one, with its filters and tables."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, ".") for name in (*packages, "avdf.audit.page")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(svg=_svg, divided=formatting.divided, metrics=tables.COMPACT)
    environment.globals.update(tables=tables, comparisons=comparison_tables)
    environment.globals.update(stress_tables=stress_tables, attacks=attack_tables)
    environment.globals.update(calibration=calibration_tables, modalities=modality_tables)
    environment.filters.update({function.__name__: function for function in _FILTERS})
    return environment


def drawings_of(content: Mapping[str, Any], folder: Path) -> Drawings:
    """The figures of each section."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = ("rates", "gaps", "threshold", "scores", "attacks", "methods", "shortcuts")
    drawings: Drawings = {name: [] for name in sections}
    with style():
        if content["gaps"]:
            drawings["rates"] = [rate_forest(content, harm, folder) for harm in HARMS]
            drawings["gaps"].append(gap_figure(content, folder))
            crossing = crossing_map(content, folder)
            drawings["rates"] += [crossing] if crossing else []
        for attribute in content["settings"]["groups"]:
            curves = curves_of(content, attribute)
            if not curves:
                continue
            drawings["threshold"] += [draw(content, attribute, folder) for draw in (rates_figure, det_figure)]
            drawings["scores"].append(scores_figure(content, attribute, folder))
            if all(curve["reliability"] for curve in curves):
                drawings["scores"].append(reliability_figure(content, attribute, folder))
        if content["attacks"]:
            drawings["attacks"] = attack_forests(content, folder)
        if content["methods"]:
            drawings["methods"].append(method_forest(content, folder))
        if content["shortcuts"]:
            drawings["shortcuts"].append(shortcut_figure(content, folder))
    return drawings


def _svg(drawing: Drawing) -> Markup:
    """A figure's SVG, which is not escaped again: matplotlib has escaped its text."""
    return Markup(drawing.svg)
