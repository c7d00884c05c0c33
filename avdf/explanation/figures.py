"""The figures of an explanation: waveform with the timeline, and the features with each map over them."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from avdf.audit.figures.drawing import (
    GRID,
    INK,
    MUTED,
    SERIES,
    Drawing,
    axes_at,
    new_figure,
    saved,
)
from avdf.audit.page.formatting import Table, number
from avdf.explanation.attribution import Map
from avdf.explanation.content import Explanation

_HEIGHT_PT = 150.0
_MARGINS = {"left": 40.0, "bottom": 30.0, "right": 12.0, "top": 16.0}
_NUM_COLUMNS = 600  # of the waveform
_STRONGEST = 0.99  # quantile of a map at which its colour is full


def drawings_of(content: Explanation, folder: Path) -> list[Drawing]:
    """The figures for the page, each also written to `folder` as PNG."""
    drawn = [waveform_figure(content, folder), timeline_figure(content, folder)]
    drawn.append(
        map_figure(
            content,
            content.gradients,
            ("integrated_gradients", "What speaks for fake: integrated gradients"),
            folder,
        )
    )
    if content.cam is not None:
        drawn.append(
            map_figure(
                content, content.cam, ("grad_cam", "Where the last convolution sees fake: Grad-CAM"), folder
            )
        )
    return drawn


def waveform_figure(content: Explanation, folder: Path) -> Drawing:
    """Lowest and highest sample of each column, the crop of the maps marked."""
    figure = new_figure(_HEIGHT_PT)
    axes = axes_at(figure, **_MARGINS)
    parts = np.array_split(content.samples / 32768, min(_NUM_COLUMNS, len(content.samples)))
    seconds = len(content.samples) / content.sample_rate_hz
    times_s = content.start_s + (np.arange(len(parts)) + 0.5) * seconds / len(parts)
    low, high = (np.array([reduce(part) for part in parts]) for reduce in (np.min, np.max))
    axes.fill_between(times_s, low, high, color=SERIES[0], linewidth=0.4)
    _mark_crop(axes, content)
    axes.set(
        xlabel="seconds", ylabel="amplitude", ylim=(-1, 1), xlim=(content.start_s, content.start_s + seconds)
    )
    rows = [
        (f"{time:.2f}", number(float(most))) for time, most in zip(times_s[::60], high[::60], strict=True)
    ]
    return Drawing(
        name="waveform",
        title="The sound",
        note="The shaded part is the crop that the maps below are of: the one with the highest score.",
        alt=f"Waveform of {seconds:.1f} seconds",
        svg=saved(figure, "waveform", folder),
        table=Table(header=("Second", "Highest sample"), rows=tuple(rows)),
    )


def timeline_figure(content: Explanation, folder: Path) -> Drawing:
    """The score of each scored crop against the threshold."""
    figure = new_figure(_HEIGHT_PT)
    axes = axes_at(figure, **_MARGINS)
    segments = content.result["segments"]
    for segment in segments:
        is_fake = segment["score"] >= content.result["threshold"]
        axes.plot(
            [segment["start_s"], segment["end_s"]],
            [segment["score"]] * 2,
            color=SERIES[1] if is_fake else SERIES[0],
            linewidth=3,
            linestyle="-" if is_fake else (0, (4, 1.5)),
        )
    axes.axhline(content.result["threshold"], color=INK, linewidth=0.9)
    axes.set(xlabel="seconds", ylabel="score", ylim=(-0.02, 1.02))
    rows = [
        (f"{segment['start_s']:.2f} to {segment['end_s']:.2f}", number(segment["score"]))
        for segment in segments
    ]
    return Drawing(
        name="timeline",
        title="The score along the file",
        note="Solid: at or above the threshold (the thin line), called fake; dashed: below it.",
        alt=f"Scores of {len(segments)} crops; the threshold is {content.result['threshold']:.3f}",
        svg=saved(figure, "timeline", folder),
        table=Table(header=("Seconds", "Score"), rows=tuple(rows)),
    )


def map_figure(content: Explanation, found: Map, names: tuple[str, str], folder: Path) -> Drawing:
    """The features in grey and what speaks for fake over them."""
    name, title = names
    figure = new_figure(_HEIGHT_PT + 30)
    axes = axes_at(figure, **_MARGINS)
    end_s = content.crop_start_s + content.crop_s
    extent = (content.crop_start_s, end_s, 0.0, float(found.shape[0]))
    shown: Any = {"origin": "lower", "aspect": "auto", "extent": extent, "interpolation": "nearest"}
    axes.imshow(content.features, cmap="Greys", **shown)
    strength = _strength(found)
    axes.imshow(np.ones_like(strength), cmap="autumn", alpha=0.75 * strength, vmin=0, vmax=2, **shown)
    axes.grid(visible=False)
    axes.set(xlabel="seconds", ylabel="feature bin")
    by_time = strength.mean(axis=0)
    places = np.linspace(0, len(by_time) - 1, min(10, len(by_time))).round().astype(int)
    rows = [
        (f"{content.crop_start_s + place * content.crop_s / len(by_time):.2f}", number(float(by_time[place])))
        for place in places
    ]
    return Drawing(
        name=name,
        title=title,
        note="Features in grey, low bins at the bottom; the redder, the more it speaks for fake.",
        alt=f"Map of {found.shape[0]} bins over {content.crop_s:g} seconds",
        svg=saved(figure, name, folder),
        table=Table(header=("Second", "Strength, 0 to 1"), rows=tuple(rows)),
    )


def _strength(found: Map) -> Map:
    """What speaks for fake, 0 to 1; what speaks for real is 0."""
    positive = np.maximum(found, 0)
    top = float(np.quantile(positive, _STRONGEST)) or float(positive.max()) or 1.0
    clipped: Map = np.minimum(positive / top, 1)
    return clipped


def _mark_crop(axes: Axes, content: Explanation) -> None:
    axes.axvspan(content.crop_start_s, content.crop_start_s + content.crop_s, color=GRID, zorder=0)
    axes.axhline(0, color=MUTED, linewidth=0.5)
