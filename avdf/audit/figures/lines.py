"""Figures of one line a group: rates against the threshold, DET, score distributions, calibration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from avdf.audit.figures.drawing import INK, MARKERS, MUTED, SERIES, Drawing
from avdf.audit.figures.panels import Curve, drawing_of, line_style, panels, percent_axis, slug
from avdf.audit.page.formatting import count, percent

DET_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


def curves_of(content: Mapping[str, Any], attribute: str) -> list[Curve]:
    """The groups of an attribute that have curves: as many as there are colours, those with most people."""
    people = {(row["attribute"], row["group"]): row["num_identities"] for row in content["counts"]["groups"]}
    inside = [curve for curve in content["curves"] if curve["attribute"] == attribute]
    most = sorted(inside, key=lambda curve: -people[(attribute, curve["group"])])[: len(SERIES)]
    return [curve for curve in inside if curve in most]


def rates_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """FPR and FNR of each group at every threshold, with the frozen one."""
    curves = curves_of(content, attribute)
    figure, (above, below) = panels(2, len(curves))
    frozen = 0.0 if content["threshold"]["per_row"] else content["threshold"]["value"]
    for axes, metric, words in (
        (above, "fpr", "real clips accused (FPR)"),
        (below, "fnr", "fakes missed (FNR)"),
    ):
        for place, curve in enumerate(curves):
            axes.plot(curve["threshold"], curve[metric], **line_style(place))
        axes.axvline(frozen, color=INK, linewidth=1.1)
        axes.set_title(words)
        percent_axis(axes.yaxis)
        axes.set_ylim(-0.02, 1.02)
    per_row = content["threshold"]["per_row"]
    below.set_xlabel(
        "score above each row's own threshold" if per_row else "threshold (line: the frozen one)"
    )
    rows = [
        (
            curve["group"],
            f"{curve['threshold'][at]:.3f}",
            percent(curve["fpr"][at]),
            percent(curve["fnr"][at]),
        )
        for curve in curves
        for at in range(0, len(curve["threshold"]), 5)
    ]
    return drawing_of(
        *(
            figure,
            f"rates_{slug(attribute)}",
            f"Rates against the threshold, by {attribute}",
            curves,
            folder,
        ),
        alt=f"False accusations fall and missed fakes rise with the threshold, one line a {attribute}.",
        header=(attribute, "threshold", "FPR", "FNR"),
        rows=rows,
        note="Where the lines part, the choice of threshold decides who pays.",
    )


def det_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """Missed fakes against false accusations on normal-deviate axes."""
    curves = curves_of(content, attribute)
    figure, (axes,) = panels(1, len(curves), height=190.0)
    low, high = ndtri(0.005), ndtri(0.85)
    for place, curve in enumerate(curves):
        x, y = np.array(curve["det_fpr"]), np.array(curve["det_fnr"])
        inside = np.clip(ndtri(np.clip(x, 1e-4, 1 - 1e-4)), low, high)
        axes.plot(inside, np.clip(ndtri(np.clip(y, 1e-4, 1 - 1e-4)), low, high), **line_style(place))
    ticks = ndtri(DET_TICKS)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{100 * tick:g}" for tick in DET_TICKS])
    axes.plot([low, high], [low, high], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_xlabel("real clips accused, %")
    axes.set_ylabel("fakes missed, %")
    rows = [
        (curve["group"], percent(x), percent(y))
        for curve in curves
        for x, y in zip(curve["det_fpr"], curve["det_fnr"], strict=True)
    ]
    return drawing_of(
        *(
            figure,
            f"det_{slug(attribute)}",
            f"Trade-off of both errors (DET), by {attribute}",
            curves,
            folder,
        ),
        alt=f"Missed fakes against false accusations, one curve a {attribute}; lower left is better.",
        header=(attribute, "FPR at most", "FNR"),
        rows=rows,
        note="Lower left is better; on the dotted line both errors are equal (EER). Normal-deviate axes.",
    )


def scores_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """Share of a group's clips scored below each value: real clips, and fakes."""
    curves = curves_of(content, attribute)
    figure, (above, below) = panels(2, len(curves))
    for axes, key, words in ((above, "score_real", "real clips"), (below, "score_fake", "fakes")):
        for place, curve in enumerate(curves):
            axes.plot(curve[key], curve["quantile"], **line_style(place))
        if not content["threshold"]["per_row"]:
            axes.axvline(content["threshold"]["value"], color=INK, linewidth=1.1)
        axes.set_title(f"{words}: share scored below")
        percent_axis(axes.yaxis)
    below.set_xlabel("score")
    rows = [
        (curve["group"], kind, *(f"{curve[key][at]:.3f}" for at in (2, 10, 20, 30, 38)))
        for curve in curves
        for key, kind in (("score_real", "real"), ("score_fake", "fake"))
    ]
    return drawing_of(
        *(figure, f"scores_{slug(attribute)}", f"Distribution of scores, by {attribute}", curves, folder),
        alt=f"Cumulative share of real and of fake clips by score, one line a {attribute}.",
        header=(attribute, "label", "5 %", "25 %", "50 %", "75 %", "95 %"),
        rows=rows,
    )


def reliability_figure(content: Mapping[str, Any], attribute: str, folder: Path) -> Drawing:
    """The share of fakes among clips of about equal score: on the diagonal a score is a probability."""
    curves = curves_of(content, attribute)
    figure, (axes,) = panels(1, len(curves), height=190.0)
    for place, curve in enumerate(curves):
        points = curve["reliability"]
        axes.plot(
            [point["score"] for point in points],
            [point["share_fake"] for point in points],
            marker=MARKERS[place % len(MARKERS)],
            markersize=4,
            **line_style(place),
        )
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
    axes.set_xlabel("mean score of a bin")
    axes.set_ylabel("share of fakes in it")
    rows = [
        (curve["group"], f"{point['score']:.3f}", percent(point["share_fake"]), count(point["num_clips"]))
        for curve in curves
        for point in curve["reliability"]
    ]
    return drawing_of(
        *(figure, f"reliability_{slug(attribute)}", f"Calibration, by {attribute}", curves, folder),
        alt=f"Share of fakes against mean score in bins of equal mass, one line a {attribute}.",
        header=(attribute, "mean score", "share of fakes", "clips"),
        rows=rows,
        note="On the dotted line a score is the probability of fake, among clips as they are mixed here.",
    )
