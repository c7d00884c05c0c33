"""Writes an explanation: one page without scripts that loads nothing from a network, and PNG figures."""

import base64
import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from avdf.audit.figures.drawing import style
from avdf.audit.folder import refuse_existing
from avdf.audit.page.formatting import Table, four_digits, interval_text, metric_text, number
from avdf.audit.page.page import page_environment
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import METRIC_OF
from avdf.explanation.changes import MOST_CHANGED_S, stability
from avdf.explanation.content import Explanation
from avdf.explanation.figures import drawings_of
from avdf.files import atomic_folder, write_text

PAGE_NAME = "explanation.html"
MOST_PLAYED_S = 300.0  # of the sound that the page carries


def write_explanation(content: Explanation, out: Path, *, overwrite: bool = False) -> Path:
    """Writes folder `out` and returns the path of its page. Raises UserError if `out` may not be replaced."""
    refuse_existing(out, overwrite, content.path)
    with atomic_folder(out) as folder:
        write_text(folder / PAGE_NAME, page_html(content, folder))
    return out / PAGE_NAME


def page_html(content: Explanation, folder: Path, *, inside: bool = False) -> str:
    """The page; its figures are also written to `folder` as PNG.

    `inside` another page, which has the sound, this one has no player and names no figures beside it.
    """
    with style():
        drawings = drawings_of(content, folder)
    return (
        page_environment("avdf.explanation")
        .get_template("explanation.html")
        .render(
            content=content,
            drawings=drawings,
            sound="" if inside else wav_uri(content.samples, content.sample_rate_hz),
            most_played_s=MOST_PLAYED_S,
            most_changed_s=MOST_CHANGED_S,
            stability=stability(content.changes),
            changes=changes_table(content),
            nearest=nearest_table(content),
            figures=figures_table(content.audit),
            checks=checks_in_words(content),
            threshold=four_digits(content.result["threshold"]),
            score=number(content.result["score"]),
        )
    )


def wav_uri(samples: NDArray[np.int16], rate_hz: int) -> Markup:
    """Samples (sample,), at most the first five minutes, as a data URI of a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        heard = samples[: round(MOST_PLAYED_S * rate_hz)]
        writer.writeframes(np.ascontiguousarray(heard, "<i2").tobytes())
    return Markup(f"data:audio/wav;base64,{base64.b64encode(file.getvalue()).decode()}")


def changes_table(content: Explanation) -> Table:
    rows = [
        (
            row["change"],
            number(row["score"]),
            f"called {row['call']}" if row["call"] else f"not tried: {row['reason']}",
        )
        for row in content.changes
    ]
    return Table(header=("The same sound", "Score", "Call"), rows=tuple(rows))


def nearest_table(content: Explanation) -> Table:
    rows = [
        (row["clip"], "fake" if row["is_fake"] else "real", number(row["cosine"]))
        for row in content.neighbours.nearest
    ]
    return Table(header=("Training clip", "It is", "Cosine"), rows=tuple(rows))


def figures_table(audit: dict[str, Any] | None) -> Table | None:
    """How often the detector's calls were wrong on its test split, in all and by group."""
    if audit is None:
        return None
    overall = audit["overall"]
    rows = [("all", *_both(overall, overall["ci"]))]
    groups: dict[str, dict[str, Any]] = {}
    for row in audit["groups"]:
        groups.setdefault(f"{row['attribute']}: {row['group']}", {})[row["metric"]] = row
    for name, metrics in groups.items():
        values = {harm: metrics[harm]["value"] for harm in HARMS}
        if any(value is not None for value in values.values()):
            rows.append((name, *_both(values, {harm: metrics[harm]["ci"] for harm in HARMS})))
    return Table(header=("Test clips of", *(METRIC_OF[harm].label for harm in HARMS)), rows=tuple(rows))


def checks_in_words(content: Explanation) -> list[str]:
    """What the checks of the map say, whether it does better than chance or not."""
    checks = content.checks
    lines = [
        f"Taking away what speaks most for fake leaves a mean score of {checks.deletion:.3f} (in random "
        f"order {checks.random_deletion:.3f}); adding it first gives {checks.insertion:.3f} (in random order "
        f"{checks.random_insertion:.3f}).",
        "So the map of integrated gradients predicts the score better than chance."
        if checks.beats_random
        else "So the map does no better than chance here: do not read it.",
    ]
    if checks.random_weights_correlation is not None:
        lines.append(
            "Its rank correlation with the map of the same network with random weights is "
            f"{checks.random_weights_correlation:.2f}: near 1 it would show the sound and not the detector."
        )
    return lines


def _both(values: dict[str, Any], ends: dict[str, Any]) -> list[str]:
    return [
        f"{metric_text(values[harm], harm)} ({interval_text(ends[harm], harm)})"
        if values[harm] is not None
        else metric_text(None, harm)
        for harm in HARMS
    ]
