"""Figures with one line per group: rates against the threshold, DET, score distributions, calibration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from scipy.special import ndtri

from avdf.audit.figures.drawing import (
    DASHES,
    INK,
    MARKERS,
    MUTED,
    SERIES,
    Drawing,
    axes_at,
    label,
    new_figure,
    saved,
)
from avdf.audit.page.formatting import Column, count, key, number, percent, table_of
from avdf.evaluation.harms import HARMS
from avdf.files import text_hash

Curve = Mapping[str, Any]
PANEL_PT, TOP_PT, BOTTOM_PT, LEFT_PT, RIGHT_PT, BETWEEN_PT = 112.0, 18.0, 34.0, 37.0, 8.0, 40.0
SQUARE_PT = 190.0
DET_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
_DOTTED: dict[str, Any] = {"color": MUTED, "linewidth": 0.8, "linestyle": (0, (2, 2))}
_SHOWN_QUANTILES = {"5 %": 2, "25 %": 10, "50 %": 20, "75 %": 30, "95 %": 38}  # of the 41 in the content


def curves_of(content: Mapping[str, Any], attribute: str) -> list[Curve]:
    """The curves of an attribute's groups: at most one per colour, of the groups with most people."""
    people = {(row["attribute"], row["group"]): row["num_identities"] for row in content["counts"]["groups"]}
    curves = [curve for curve in content["curves"] if curve["attribute"] == attribute]
    largest = sorted(curves, key=lambda curve: -people[(attribute, curve["group"])])[: len(SERIES)]
    return [curve for curve in curves if curve in largest]


def rates_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """FPR and FNR of each group at every threshold, and the frozen threshold."""
    curves = curves_of(content, attribute)
    figure, panels = _panels(len(HARMS), len(curves))
    per_row = content["threshold"]["per_row"]
    for axes, harm in zip(panels, HARMS.values(), strict=True):
        for place, curve in enumerate(curves):
            axes.plot(curve["threshold"], curve[harm.key], **_line_style(place))
        axes.axvline(0.0 if per_row else content["threshold"]["value"], color=INK, linewidth=1.1)
        axes.set_title(f"{harm.clips} ({harm.key.upper()})")
        _percent_axis(axes.yaxis)
        axes.set_ylim(-0.02, 1.02)
    panels[-1].set_xlabel(
        "score above each row's own threshold" if per_row else "threshold (line: the frozen one)"
    )
    columns: list[Column] = [(attribute, key("group")), ("threshold", key("threshold", number))]
    columns += [(name.upper(), key(name, percent)) for name in HARMS]
    rows = [
        {"group": curve["group"], **{name: curve[name][index] for name in ("threshold", *HARMS)}}
        for curve in curves
        for index in range(0, len(curve["threshold"]), 5)
    ]
    name = f"rates_{_slug(attribute)}"
    _legend(figure, curves)
    return Drawing(
        name=name,
        title=f"Rates against the threshold, by {attribute}",
        alt=f"False accusations fall and missed fakes rise with the threshold, one line per {attribute}.",
        svg=saved(figure, name, folder),
        table=table_of(columns, rows),
        note="Where the lines differ, the choice of threshold decides which group bears the errors.",
    )


def det_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """Missed fakes against false accusations on normal-deviate axes."""
    curves = curves_of(content, attribute)
    figure, (axes,) = _panels(1, len(curves), SQUARE_PT)
    low, high = ndtri(0.005), ndtri(0.85)
    for place, curve in enumerate(curves):
        x, y = (np.clip(np.array(curve[name]), 1e-4, 1 - 1e-4) for name in ("det_fpr", "det_fnr"))
        axes.plot(np.clip(ndtri(x), low, high), np.clip(ndtri(y), low, high), **_line_style(place))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ndtri(DET_TICKS), [f"{100 * tick:g}" for tick in DET_TICKS])
    axes.plot([low, high], [low, high], **_DOTTED)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_xlabel("real clips accused, %")
    axes.set_ylabel("fakes missed, %")
    columns: Sequence[Column] = (
        (attribute, lambda row: row[0]),
        ("FPR at most", lambda row: percent(row[1])),
        ("FNR", lambda row: percent(row[2])),
    )
    rows = [
        (curve["group"], x, y)
        for curve in curves
        for x, y in zip(curve["det_fpr"], curve["det_fnr"], strict=True)
    ]
    name = f"det_{_slug(attribute)}"
    _legend(figure, curves)
    return Drawing(
        name=name,
        title=f"Trade-off of both errors (DET), by {attribute}",
        alt=f"Missed fakes against false accusations, one curve per {attribute}; lower left is better.",
        svg=saved(figure, name, folder),
        table=table_of(columns, rows),
        note="Lower left is better; on the dotted line both errors are equal (EER). Normal-deviate axes.",
    )


def scores_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """The share of a group's clips scored below each value, for real clips and for fakes."""
    curves = curves_of(content, attribute)
    figure, (above, below) = _panels(2, len(curves))
    for axes, name, clips in ((above, "score_real", "real clips"), (below, "score_fake", "fakes")):
        for place, curve in enumerate(curves):
            axes.plot(curve[name], curve["quantile"], **_line_style(place))
        if not content["threshold"]["per_row"]:
            axes.axvline(content["threshold"]["value"], color=INK, linewidth=1.1)
        axes.set_title(f"{clips}: share scored below")
        _percent_axis(axes.yaxis)
    below.set_xlabel("score")
    columns: list[Column] = [(attribute, key("group")), ("label", key("label"))]
    columns += [(name, key(name, number)) for name in _SHOWN_QUANTILES]
    rows = [
        {
            "group": curve["group"],
            "label": name.removeprefix("score_"),
            **{quantile: curve[name][index] for quantile, index in _SHOWN_QUANTILES.items()},
        }
        for curve in curves
        for name in ("score_real", "score_fake")
    ]
    name = f"scores_{_slug(attribute)}"
    _legend(figure, curves)
    return Drawing(
        name=name,
        title=f"Distribution of scores, by {attribute}",
        alt=f"Cumulative share of real and of fake clips by score, one line per {attribute}.",
        svg=saved(figure, name, folder),
        table=table_of(columns, rows),
    )


def reliability_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """The share of fakes among clips of about equal score; on the diagonal a score is a probability."""
    curves = curves_of(content, attribute)
    figure, (axes,) = _panels(1, len(curves), SQUARE_PT)
    for place, curve in enumerate(curves):
        x, y = ([point[name] for point in curve["reliability"]] for name in ("score", "share_fake"))
        axes.plot(x, y, marker=MARKERS[place % len(MARKERS)], markersize=4, **_line_style(place))
    axes.plot([0, 1], [0, 1], **_DOTTED)
    axes.set_xlabel("mean score of a bin")
    axes.set_ylabel("share of fakes in it")
    columns: Sequence[Column] = (
        (attribute, lambda row: row[0]),
        ("mean score", lambda row: number(row[1]["score"])),
        ("share of fakes", lambda row: percent(row[1]["share_fake"])),
        ("clips", lambda row: count(row[1]["num_clips"])),
    )
    rows = [(curve["group"], point) for curve in curves for point in curve["reliability"]]
    name = f"reliability_{_slug(attribute)}"
    _legend(figure, curves)
    return Drawing(
        name=name,
        title=f"Calibration, by {attribute}",
        alt=f"Share of fakes against mean score in bins of equal mass, one line per {attribute}.",
        svg=saved(figure, name, folder),
        table=table_of(columns, rows),
        note="On the dotted line a score is the probability of fake, at the share of fakes in this table.",
    )


def _panels(num: int, num_lines: int, height: float = PANEL_PT) -> tuple[Figure, list[Axes]]:
    """`num` panels above each other, with room below them for a legend of `num_lines`."""
    legend = 14.0 * ((num_lines + 1) // 2) + 6
    total = num * (height + TOP_PT) + (num - 1) * (BETWEEN_PT - TOP_PT) + BOTTOM_PT + legend
    figure = new_figure(total)
    tops = [TOP_PT + place * (height + BETWEEN_PT) for place in range(num)]
    return figure, [axes_at(figure, LEFT_PT, total - top - height, RIGHT_PT, top) for top in tops]


def _legend(figure: Figure, curves: Sequence[Curve]) -> None:
    handles = figure.axes[0].get_lines()[: len(curves)]
    names = [label(curve["group"], 21) for curve in curves]
    figure.legend(handles, names, loc="lower left", ncols=2, bbox_to_anchor=(0.0, 0.0), handlelength=2.6)


def _line_style(place: int) -> dict[str, Any]:
    return {"color": SERIES[place % len(SERIES)], "linestyle": DASHES[place % len(DASHES)], "linewidth": 1.5}


def _percent_axis(axis: Any) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))


def _slug(attribute: str) -> str:
    """An attribute as part of a file name: letters, digits and _, and a hash where others are replaced."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in attribute)[:40]
    return plain if plain == attribute else f"{plain}_{text_hash(attribute)[:6]}"
