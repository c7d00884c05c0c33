"""Command lines: types of arguments, and options with several values that do not take the files."""

import argparse
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from avdf.errors import UserError
from avdf.paths import expand_path

_NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)
Belongs = Callable[[str], bool]  # whether a word is a further value of an option that takes several


def path(text: str) -> Path:
    """The type of a path: `~` and `$VAR` are expanded."""
    try:
        return Path(expand_path(text))
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


DETECTOR = "a run folder, its detector/, or hf://USER/NAME@REVISION"


def detector(text: str) -> str | Path:
    """The type of a detector: its folder, or its address hf://USER/NAME@REVISION."""
    return text if text.startswith("hf://") else path(text)


def name(text: str) -> str:
    """The type of a name in a list, such as a column."""
    if not text:
        raise argparse.ArgumentTypeError("needs at least one value")
    return text


def finite(text: str) -> float:
    """The type of a number that is neither NaN nor infinite."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"must be a finite number, got {text!r}")
    return number


def check_bounds(arguments: argparse.Namespace, lowest: int, *names: str, highest: int | None = None) -> None:
    """Raises UserError unless lowest <= value (<= highest) for each named option that was given."""
    bounds = f">= {lowest}" if highest is None else f"from {lowest} to {highest}"
    for key in names:
        value = getattr(arguments, key)
        if value is not None and not (lowest <= value and (highest is None or value <= highest)):  # nor NaN
            raise UserError(f"--{key.replace('_', '-')} must be {bounds}, got {value}")


def check_seeds(option: str, seeds: Sequence[int]) -> None:
    """Raises UserError unless every seed is >= 0 and is named once."""
    if min(seeds, default=0) < 0 or len(set(seeds)) < len(seeds):
        raise UserError(f"{option} must be >= 0, each named once, got {' '.join(map(str, seeds))}")


def settings(words: Sequence[str], option: str) -> dict[str, Any]:
    """`id=name groups.gender=sex real=[echt]` as nested settings. Raises UserError without an equals sign."""
    from avdf.config.yaml_files import parse_yaml

    nested: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise UserError(f"{option} {word}: must be KEY=VALUE")
        *outer, last = key.split(".")
        place = nested
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = parse_yaml(text, f"{option} {key}") if text[:1] in ("[", "{") else text
    return nested


def is_name(word: str) -> bool:
    """For columns, methods and COLUMN=VALUE: everything but a file or folder that exists."""
    return not os.path.exists(expand_or_keep(word))


def is_integer(word: str) -> bool:
    """For seeds."""
    return re.fullmatch(r"[+-]?\d+", word) is not None


def expand_or_keep(word: str) -> str:
    """`word` as a path, or as it is where it names a variable that is not set."""
    try:
        return expand_path(word)
    except UserError:
        return word


def rewritten(words: Sequence[str], lists: Mapping[str, Belongs]) -> list[str]:
    """The command line in a form that argparse reads without ambiguity.

    `--groups race gender scores.csv` -> `--groups=race --groups=gender scores.csv` for the options in
    `lists`; the values end at the next option and at the first word that does not belong to them.
    `--threshold -1e-3` -> `--threshold=-1e-3`. A file whose name begins with a dash -> `./-name`.

    >>> rewritten(["--seeds", "0", "1", "a.yaml", "--shift", "-1e-3"], {"--seeds": is_integer})
    ['--seeds=0', '--seeds=1', 'a.yaml', '--shift=-1e-3']
    """
    done: list[str] = []
    rest = list(words)
    after_positional = False
    while rest:
        word = rest.pop(0)
        if word == "--":
            return done + [f"./{item}" if item.startswith("-") else item for item in rest]
        if word in lists:
            values = []
            while rest and _is_value(rest[0], lists[word], after_positional):
                values.append(rest.pop(0))
            done += [f"{word}={value}" for value in values or [""]]
        elif word.startswith("--") and "=" not in word and rest and _NEGATIVE.match(rest[0]):
            done.append(f"{word}={rest.pop(0)}")
        elif _is_dashed_file(word):
            done.append(f"./{word}")
        else:
            done.append(word)
            after_positional = after_positional or not word.startswith("-")
    return done


def _is_value(word: str, belongs: Belongs, after_positional: bool) -> bool:
    """Whether a word is a further value of an option: no other option, and not the file to work on.

    After a positional argument, a folder that happens to have the name of a column is taken for the column.
    """
    if word.startswith("-") and not _NEGATIVE.match(word):
        return False
    is_plain = belongs is is_name and after_positional and "." not in word and os.sep not in word
    return is_plain or belongs(word)


def _is_dashed_file(word: str) -> bool:
    option_like = word in ("-h", "--help") or (word.startswith("--") and "." not in word)
    return word.startswith("-") and not option_like and os.path.lexists(word)
