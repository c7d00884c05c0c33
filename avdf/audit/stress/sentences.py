"""A stress test in words: the worst channels, and which of them training has had."""

from collections.abc import Mapping
from typing import Any

from avdf.audit.page.formatting import listed, number, percent
from avdf.evaluation.harms import HARMS
from avdf.evaluation.stress import AUC

Row = Mapping[str, Any]
_MOST_NAMED = 4  # channels in one sentence
# By what a detector reads: what the channels leave as it is. Nothing is said of one that only hears.
_UNCHANGED = {
    "audio and video": "Channels of sound leave pictures as they are, and channels of pictures the sound.",
    "video": "The detector hears nothing: only channels of pictures were tried.",
}


def sentences_of(content: Row) -> list[str]:
    """The worst channel per harm, the lowest AUC, and what training has had; `content` is of stress.json."""
    if not content["summary"]["num_channels"]:
        return ["Only clips as recorded were scored: no channel was measured."]
    sentences = [_worst_rate(content, harm) for harm in HARMS] + [_lowest_auc(content), _seen(content)]
    sentences.append(_UNCHANGED.get(content["sample"].get("reads")))
    return [sentence for sentence in sentences if sentence]


def _worst_rate(content: Row, harm: str) -> str | None:
    worst = content["summary"]["worst_condition"][harm]
    if worst is None:
        return None
    row, clean = (_rate(content, name, harm) for name in (worst, content["conditions"][0]["condition"]))
    if HARMS[harm].of_fakes:
        what = "of the fakes are missed"
    elif row["num_clips"] == row["num_identities"]:
        what = "of real people are called fake"
    else:
        what = f"of the {_scored(content)} of real people are called fake"
    return f"{_with_interval(row)} {what} {_words(content, worst)}, {percent(clean['value'], 0)} as recorded."


def _lowest_auc(content: Row) -> str | None:
    summary = content["summary"]
    worst = summary["worst_condition"][AUC]
    if worst is None:
        return None
    clean, lowest = number(summary["clean"][AUC]), f"{number(summary['worst'][AUC])} {_words(content, worst)}"
    if summary["num_channels"] == 1:
        return f"AUC is {clean} as recorded and {lowest}."
    return (
        f"AUC is {clean} as recorded, {number(summary['mean'][AUC])} on average over "
        f"{summary['num_channels']} channels, and {lowest}."
    )


def _seen(content: Row) -> str:
    channels = content["conditions"][1:]
    is_one = len(channels) == 1
    if any(condition["seen_in_training"] is None for condition in channels):
        which = (
            "Whether training has had this channel" if is_one else "Which of these channels training has had"
        )
        return f"{which} is not known."
    seen = [condition["words"] for condition in channels if condition["seen_in_training"]]
    if is_one:
        return f"Training has {'' if seen else 'not '}had this channel."
    if not seen:
        return f"Training has had none of these {len(channels)} channels."
    return f"Training has had {len(seen)} of these {len(channels)} channels: {listed(seen, _MOST_NAMED)}."


def _scored(content: Row) -> str:
    """What is scored once per channel: to a detector that looks, clips of one recording differ."""
    return "clips" if "video" in content["sample"].get("reads", "") else "recordings"


def _with_interval(row: Row) -> str:
    """ "92 % (85 to 97)"; without an interval, as of one person, the share alone."""
    low, high = row["ci"]
    value = percent(row["value"], 0)
    return value if low is None or low != low else f"{value} ({100 * low:.0f} to {100 * high:.0f})"


def _rate(content: Row, condition: str, metric: str) -> Row:
    rows: list[Row] = content["rates"]
    return next(row for row in rows if (row["condition"], row["metric"]) == (condition, metric))


def _words(content: Row, name: str) -> str:
    return str(next(row["words"] for row in content["conditions"] if row["condition"] == name))
