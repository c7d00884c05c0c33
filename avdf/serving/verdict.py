"""A result -> the part of the page that says it: verdict, player with the timeline, numbers, distance."""

import math
from typing import Any

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from avdf.audit.page.formatting import four_digits, percent
from avdf.audit.page.page import page_environment
from avdf.explanation.page import MOST_PLAYED_S, wav_uri

_MOST_STRETCHES = 20
_LEAST_HEIGHT = 2.0  # of a bar, in hundredths: a score of 0 can be seen
# Handlers of events, since Gradio runs no script that arrives in HTML.
_PLAYER = "this.closest('.avdf-player')"
_MOVES = (
    f"const p={_PLAYER};p.querySelector('.avdf-head').style.left="
    "100*Math.min(this.currentTime/p.dataset.seconds,1)+'%'"
)
_SEEKS = (
    f"const p={_PLAYER},b=this.getBoundingClientRect(),a=p.querySelector('audio');"
    "a.currentTime=(event.clientX-b.left)/b.width*p.dataset.seconds"
)
_JUMPS = (
    "const a=this.closest('.avdf-verdict').querySelector('audio');a.currentTime=this.dataset.start;a.play()"
)


def verdict_html(result: dict[str, Any], samples: NDArray[np.int16] | None, rate_hz: int) -> str:
    """The HTML of a result; `samples` (sample,) are what the player plays; without any there is none."""
    llr, probability = result["llr"], result["probability_fake"]
    return (
        page_environment("avdf.serving", "avdf.explanation")
        .get_template("verdict.html")
        .render(
            result=result,
            sound=None if samples is None else wav_uri(samples, rate_hz),
            most_played_s=MOST_PLAYED_S,
            most_stretches=_MOST_STRETCHES,
            steps=bars_of(result),
            threshold_y=_y(result["threshold"]),
            score=four_digits(result["score"]),
            threshold=four_digits(result["threshold"]),
            probability=None if probability is None else percent(probability),
            prevalence=f"{100 * result['prevalence']:g}\u00a0%",
            ratio=None if llr is None else ratio_text(llr),
            ratio_words=None if llr is None else ratio_words(llr),
            moves=Markup(_MOVES),
            seeks=Markup(_SEEKS),
            jumps=Markup(_JUMPS),
        )
    )


def message_html(text: str) -> str:
    """A file that gets no answer, in words."""
    words = f"<h2>No answer</h2><p>{escape(text)}.</p>"
    return f'<article class="avdf-verdict no-answer" role="alert">{words}</article>'


def bars_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """A bar per step of the timeline: `{kind, x, width, y, height}` in a picture of 1000 x 100."""
    scale = 1000 / result["seconds"]
    bars = []
    for step in result["timeline"]:
        y = min(_y(step["score"]), 100 - _LEAST_HEIGHT)
        bars.append(
            {
                "kind": "fake" if step["score"] >= result["threshold"] else "real",
                "x": round(step["start_s"] * scale, 2),
                "width": round((step["end_s"] - step["start_s"]) * scale, 2),
                "y": y,
                "height": round(100 - y, 2),
            }
        )
    return bars


def ratio_text(llr: float) -> str:
    """The likelihood ratio of a log-likelihood ratio, as a number above 1 to 1, or 1 to it.

    >>> ratio_text(math.log(10)), ratio_text(-math.log(4))
    ('10 to 1', '1 to 4')
    """
    times = f"{math.exp(min(abs(llr), 700.0)):.3g}"
    return f"{times} to 1" if llr >= 0 else f"1 to {times}"


def ratio_words(llr: float) -> str:
    """What the ratio means.

    >>> ratio_words(math.log(10))
    'such a score comes 10 times as often from fakes as from real clips'
    """
    times = f"{math.exp(min(abs(llr), 700.0)):.3g}"
    more, fewer = ("fakes", "real clips") if llr >= 0 else ("real clips", "fakes")
    return f"such a score comes {times} times as often from {more} as from {fewer}"


def _y(score: float) -> float:
    return round(100 * (1 - score), 2)
