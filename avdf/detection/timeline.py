"""Where in a file the fake is: scores of every half second, and the stretches that are called fake."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avdf.detection.answers import sigmoid

STEP_S = 0.5


def window_starts(num_usable: int, num_samples: int, step: int) -> NDArray[np.int64]:
    """(window,) a window of `num_samples` begins every `step` samples; the last one ends with the file.

    >>> window_starts(100, 40, 25).tolist()
    [0, 25, 50, 60]
    """
    last = max(num_usable - num_samples, 0)
    starts = np.arange(0, last + 1, step)
    return starts if starts[-1] == last else np.append(starts, last)


def scores_of_steps(
    starts_s: NDArray[np.float64], logits: NDArray[np.float64], window_s: float, file_s: float
) -> list[dict[str, float]]:
    """`{start_s, end_s, score}` of every half second from the first window on.

    `starts_s`, `logits` (window,). The score of a step is the sigmoid of the mean logit of all windows that
    hold its middle, so a fake part of a window's length has its highest score in its own middle.
    """
    first, end = float(starts_s[0]), min(float(starts_s[-1]) + window_s, file_s)
    num_steps = max(int(np.ceil((end - first) / STEP_S - 1e-6)), 1)
    edges = np.minimum(first + STEP_S * np.arange(num_steps + 1), max(end, first))
    middles = (edges[:-1] + edges[1:]) / 2
    before = np.searchsorted(starts_s + window_s, middles, side="right")  # windows that have ended
    after = np.searchsorted(starts_s, middles, side="right")
    sums = np.concatenate([[0.0], np.cumsum(logits)])
    scores = sigmoid((sums[after] - sums[before]) / (after - before))
    return [
        {"start_s": start_s, "end_s": end_s, "score": score}
        for start_s, end_s, score in zip(
            edges[:-1].tolist(), edges[1:].tolist(), scores.tolist(), strict=True
        )
    ]


def stretches_of(steps: Sequence[Mapping[str, float]], threshold: float) -> list[dict[str, float]]:
    """Runs of steps at or above the threshold: `{start_s, end_s, score}`, the highest score of the run.

    >>> steps = [{"start_s": n / 2, "end_s": n / 2 + 0.5, "score": s} for n, s in enumerate([0.1, 0.6, 0.9])]
    >>> stretches_of(steps, 0.5)
    [{'start_s': 0.5, 'end_s': 1.5, 'score': 0.9}]
    """
    stretches: list[dict[str, float]] = []
    for step in steps:
        if step["score"] < threshold:
            continue
        if stretches and stretches[-1]["end_s"] == step["start_s"]:
            stretches[-1]["end_s"] = step["end_s"]
            stretches[-1]["score"] = max(stretches[-1]["score"], step["score"])
        else:
            stretches.append(dict(step))
    return stretches


def label_track(result: Mapping[str, Any]) -> str:
    """The stretches of a result as a label track of Audacity: start, end and label, divided by tabs."""
    return "".join(
        f"{item['start_s']:.6f}\t{item['end_s']:.6f}\tfake {item['score']:.4f}\n"
        for item in result["stretches"]
    )
