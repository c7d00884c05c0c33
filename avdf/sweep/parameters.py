"""One thing that may vary: a range, some choices, or nothing at all."""

import json
import math
from dataclasses import dataclass
from typing import Any, Protocol

from avdf.errors import ConfigError


@dataclass(frozen=True)
class Range:
    """Every number from `low` to `high`; whole ones where both are. `log`: evenly over octaves."""

    low: float
    high: float
    log: bool = False

    def draw(self, key: str, trial: "Draws") -> float:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(key, self.low, self.high, log=self.log)
        return trial.suggest_float(key, self.low, self.high, log=self.log)

    def ends(self) -> list[Any]:
        return [self.low, self.high]

    def middle(self) -> float:
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return round(middle) if isinstance(self.low, int) and isinstance(self.high, int) else middle


@dataclass(frozen=True)
class Choices:
    """One of some values. A list or a mapping travels through the study as JSON."""

    values: tuple[Any, ...]

    def draw(self, key: str, trial: "Draws") -> Any:
        words = {_word(value): value for value in self.values}
        return words[trial.suggest_categorical(key, list(words))]

    def ends(self) -> list[Any]:
        return list(self.values)

    def middle(self) -> Any:
        return self.values[len(self.values) // 2]


@dataclass(frozen=True)
class Fixed:
    """A setting of an augmentation that every trial has which switches it on."""

    value: Any

    def draw(self, key: str, trial: "Draws") -> Any:
        return self.value

    def ends(self) -> list[Any]:
        return [self.value]

    def middle(self) -> Any:
        return self.value


Parameter = Range | Choices | Fixed


class Draws(Protocol):
    """What a trial of Optuna offers and the space asks for."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...
    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...
    def suggest_categorical(self, name: str, choices: Any) -> Any: ...


def parameter_of(value: Any, where: str) -> Parameter:
    """What stands in YAML as a parameter. Raises ConfigError, `where` it stands first."""
    if not isinstance(value, dict) or not {"low", "high", "choices"} & set(value):
        return Fixed(value)
    if set(value) == {"choices"}:
        choices = value["choices"]
        if not isinstance(choices, list) or len({_word(item) for item in choices}) < max(len(choices), 1):
            raise ConfigError(f"{where}: choices must list different values, got {choices!r}")
        return Choices(tuple(choices))
    if not {"low", "high"} <= set(value) <= {"low", "high", "log"}:
        raise ConfigError(f"{where}: a range is {{low, high}} or {{low, high, log: true}}, got {value!r}")
    low, high, log = value["low"], value["high"], value.get("log", False)
    numbers = all(_is_finite_number(end) for end in (low, high))
    if not numbers or not low < high or not isinstance(log, bool) or (log and low <= 0):
        raise ConfigError(
            f"{where}: low must be below high, both finite (and above 0 with log: true), got {value!r}"
        )
    return Range(low, high, log)


def _is_finite_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _word(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)
