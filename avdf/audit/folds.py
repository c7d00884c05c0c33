"""What each fold chose, and whether a clip took part in what it is judged by, in words."""

from collections.abc import Mapping
from typing import Any

from avdf.audit.page.formatting import count

Choices = Mapping[str, Any]  # the content of folds.json; see avdf/experiment/many_runs/choices.py


def folds_content(choices: Choices) -> dict[str, Any]:
    """`choices` with a sentence on what chose what, for the content of an audit."""
    chosen = "Each fold chose its epoch and its threshold on its own validation split."
    return {**choices, "text": f"{chosen} {_tested(choices)} {_shared(choices)}"}


def folds_warnings(choices: Choices | None) -> list[str]:
    """A warning where test clips of one fold could have chosen the epoch or the threshold of that fold."""
    if choices is None:
        return []
    lines = []
    if choices["leaks"]:
        lines.append("FOLDS LEAK: within a fold people or recordings of training or validation are in test.")
    if choices["num_tested_more"]:
        lines.append(f"{count(choices['num_tested_more'])} clips are in the test splits of several folds.")
    return lines


def _tested(choices: Choices) -> str:
    once, clips = choices["num_tested_once"], choices["num_clips"]
    never = clips - once - choices["num_tested_more"]
    if once == clips:
        return f"Each of the {count(clips)} clips is in the test split of exactly one fold."
    parts = [f"Of {count(clips)} clips {count(once)} are in the test split of exactly one fold"]
    if never:
        parts.append(f"{count(never)} in none")
    if choices["num_tested_more"]:
        parts.append(f"{count(choices['num_tested_more'])} in those of several")
    return f"{', '.join(parts)}."


def _shared(choices: Choices) -> str:
    if choices["leaks"]:
        return "The certificate of a fold says that its splits share clips, voices or recordings."
    unknown = choices["num_without_track"]
    shared = "a clip or a voice" if unknown else "a clip, a voice or a recording"
    note = f" (the recordings of {count(unknown)} clips are not known)" if unknown else ""
    return (
        f"Within a fold train, validation and test do not share {shared}{note}, as its certificate says: "
        "no clip took part in the choice of the epoch or the threshold that it is judged by."
    )
