"""The JSON files of a run folder, which may come from strangers: which keys hold which type."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from avdf.config.schema import SPLITS
from avdf.errors import UserError
from avdf.files import read_json

Check = tuple[Callable[[Any], bool], str]  # a check of a value, and its description
_TEXT: Check = (lambda value: isinstance(value, str), "text")
_TEXTS: Check = (lambda value: isinstance(value, list) and _all(value, str), "a list of texts")
_NAMES: Check = (
    lambda value: isinstance(value, dict) and _all(value.values(), str | None),
    "names with texts",
)
_COUNT: Check = (lambda value: type(value) is int and value >= 0, "a whole number >= 0")
_FLAG: Check = (lambda value: isinstance(value, bool), "true or false")
_OBJECT: Check = (lambda value: isinstance(value, dict), "an object")
_PROBES: Check = (
    lambda value: isinstance(value, list) and all(map(_is_probe, value)),
    "a list of {feature, auc}",
)
ENVIRONMENT = {
    **dict.fromkeys(("command", "started", "device", "python"), _TEXT),
    **dict.fromkeys(("lost_groups", "warnings", "resumed"), _TEXTS),
    "packages": _NAMES,
    "num_skipped": _COUNT,
}
CERTIFICATE = {
    **dict.fromkeys(("name", "data_hash", "split_hash", "attacks_gap"), _TEXT),
    "attacks_trained_on": _TEXTS,
    "leaks": _FLAG,
}
CALIBRATION: Mapping[str, Check] = {"calibration": _OBJECT}  # of detector.json
HASHES: Mapping[str, Check] = {"hashes": _NAMES}  # of detector.json
THRESHOLD: Mapping[str, Check] = {"threshold": _OBJECT}  # of metrics.json and detector.json
SHORTCUTS: Mapping[str, Check] = {"shortcuts": _PROBES}  # of audit.json
# What a fold says of itself in folds.json; "people" are voices.
FOLD_KEYS = (
    *("fold", "epoch", "num_epochs", "threshold", "f2_at_prevalence", "auc"),
    *(f"num_{kind}_{split}" for split in SPLITS for kind in ("clips", "people")),
)
FOLDS: dict[str, Check] = {
    "folds": (
        lambda value: isinstance(value, list) and all(map(_is_fold, value)),
        f"a list of objects with the numbers {', '.join(FOLD_KEYS)}",
    ),
    **dict.fromkeys(("num_clips", "num_tested_once", "num_tested_more", "num_without_track"), _COUNT),
    "leaks": _FLAG,
}


def checked(path: Path, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The JSON object in a file, {} if there is no such file; a key may be missing or null.

    Raises UserError naming the key for a value that is not as it must be.
    """
    if not path.exists():
        return {}
    content = read_json(path)
    for key, (is_right, words) in checks.items():
        value = content.get(key)
        if value is not None and not is_right(value):
            raise UserError(f"{path}: {key} must be {words}, got {value!r:.60}")
    return content


def _all(values: Iterable[Any], kind: Any) -> bool:
    return all(isinstance(value, kind) for value in values)


def _is_fold(value: Any) -> bool:
    """Whether each key has a number, or null where it is undefined."""
    numbers = [value.get(key, "") for key in FOLD_KEYS] if isinstance(value, dict) else [""]
    return all(number is None or type(number) in (int, float) for number in numbers)


def _is_probe(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("feature"), str):
        return False
    auc = value.get("auc")
    return auc is None or (isinstance(auc, float | int) and 0 <= auc <= 1)
