"""Style of the figures; SVG in the page's colours, light or dark, and PNG for a paper."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avdf.audit.page.formatting import Table

WIDTH_PT = 275.0  # full size on a phone; wide screens show several side by side
POINTS_PER_INCH = 72.0
INK, MUTED, GRID, PAPER = "#1b1c21", "#5c616d", "#dfe2e9", "#fefefe"
# Okabe and Ito's colours, distinguishable with any colour vision; each series has its dash and marker too.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#b5568f", "#b07400", "#3f8fc4", "#6b6b6b")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.5, 1.2)),
    (0, (6, 1.5, 1.5, 1.5)),
    (0, (9, 2.5)),
    "-",
    "-",
)
_VARIABLES = {
    **{INK: "--ink", MUTED: "--muted", GRID: "--grid", PAPER: "--paper"},
    **{colour: f"--c{number}" for number, colour in enumerate(SERIES, start=1)},
}
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 7.6,
    "hatch.color": MUTED,
    "hatch.linewidth": 0.6,
}


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure on the page: its texts, its SVG and a table of the values that it shows."""

    name: str
    title: str
    alt: str
    svg: str
    table: Table
    note: str = ""


@contextmanager
def style() -> Iterator[None]:
    """Figures made and saved inside have this style; the user's matplotlibrc is ignored."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a name in a script DejaVu lacks
        yield


def new_figure(height_pt: float) -> Figure:
    """A figure of the page's width."""
    return Figure(figsize=(WIDTH_PT / POINTS_PER_INCH, height_pt / POINTS_PER_INCH))


def axes_at(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Axes with margins in points from the figure's edges."""
    width, height = figure.get_size_inches() * POINTS_PER_INCH
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    return figure.add_axes(box)


def saved(figure: Figure, name: str, folder: Path) -> str:
    """Writes `folder/name.png` and returns the figure as SVG for the page."""
    figure.savefig(folder / f"{name}.png", dpi=180, metadata={"Software": None})
    with mpl.rc_context({"svg.hashsalt": name}):
        file = io.BytesIO()
        figure.patch.set_visible(False)
        figure.savefig(file, format="svg", metadata={"Date": None})
    return _for_page(file.getvalue().decode("utf-8"), name)


def label(name: str, longest: int = 28) -> str:
    """A group's name in a figure: one line, printable, a long one with its middle left out."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    tail = longest // 3
    return line if len(line) <= longest else f"{line[: longest - tail - 1]}…{line[-tail:]}"


def _for_page(svg: str, name: str) -> str:
    """SVG without prologue and unused ids (ids must be unique in a page), with the page's colours."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    used = set(re.findall(r"#([\w.-]+)[)\"]", svg))
    svg = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in used else "", svg)
    svg = re.sub(r'(id="|xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    opening = svg[: svg.index(">")]
    size = re.sub(r' (width|height)="[^"]*"', "", opening)
    return svg.replace(opening, size + ' aria-hidden="true" focusable="false"', 1)
