"""Search space: which settings vary and over what, read from YAML, and what one trial draws from it."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from avdf.config.yaml_files import read_yaml
from avdf.errors import ConfigError, nearest

AUGMENT = "model.augment"
_TUNABLE = ("model.", "train.", "data.seconds", "data.skip_start_s", "data.one_per_track")
_FIXED_BY_COMPARISON = ("train.precision", "train.checkpoint", "train.compile")
_SECTIONS = ("parameters", "augment")
_LARGEST = 2**53  # whole numbers beyond it are not exact as floats


class Draws(Protocol):
    """The part of an Optuna trial that a parameter uses."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...
    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...
    def suggest_categorical(self, name: str, choices: Any) -> Any: ...


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, whole ones if both ends are; `log`: uniform in the logarithm."""

    low: float
    high: float
    log: bool = False

    def draw(self, key: str, trial: Draws) -> float:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(key, self.low, self.high, log=self.log)
        return trial.suggest_float(key, self.low, self.high, log=self.log)

    def distribution(self) -> BaseDistribution | None:
        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def ends(self) -> list[Any]:
        return [self.low, self.high]

    def middle(self) -> float:
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return round(middle) if isinstance(self.low, int) and isinstance(self.high, int) else middle


@dataclass(frozen=True)
class Choices:
    """One of several values. The study stores a list or a mapping as JSON text."""

    values: tuple[Any, ...]

    def draw(self, key: str, trial: Draws) -> Any:
        by_text = {_storable(value): value for value in self.values}
        return by_text[trial.suggest_categorical(key, list(by_text))]

    def distribution(self) -> BaseDistribution | None:
        return CategoricalDistribution([_storable(value) for value in self.values])

    def ends(self) -> list[Any]:
        return list(self.values)

    def middle(self) -> Any:
        return self.values[len(self.values) // 2]


@dataclass(frozen=True)
class Fixed:
    """A setting of an augmentation with the same value in all trials that use the augmentation."""

    value: Any

    def draw(self, key: str, trial: Draws) -> Any:
        return self.value

    def distribution(self) -> BaseDistribution | None:
        return None

    def ends(self) -> list[Any]:
        return [self.value]

    def middle(self) -> Any:
        return self.value


# `draw` asks a trial for a value, `distribution` is what it is drawn from (None: it is not drawn), `ends`
# are the values to try a config with, `middle` is the value if no trial has drawn one.
Parameter = Range | Choices | Fixed


@dataclass(frozen=True, kw_only=True)
class Space:
    """`parameters` by dotted key; `augment` by the augmentation's key, its parameters by name."""

    parameters: Mapping[str, Parameter]
    augment: Mapping[str, Mapping[str, Parameter]]
    text: str  # canonical JSON of the YAML: equal for two files that differ in comments or order alone
    source: str  # the YAML as written

    def distributions(self) -> dict[str, BaseDistribution]:
        """What a trial may draw, by the name under which the study stores it."""
        parameters = dict(self.parameters)
        switches = {}
        for name, settings in self.augment.items():
            switches[f"{AUGMENT}.{name}"] = CategoricalDistribution(["off", "on"])
            parameters |= {f"{AUGMENT}.{name}.{item}": value for item, value in settings.items()}
        drawn = {key: parameter.distribution() for key, parameter in parameters.items()}
        return {**switches, **{key: value for key, value in drawn.items() if value is not None}}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The draws of one trial: values by dotted key; settings by augmentation, None if it is off."""

    values: Mapping[str, Any]
    augment: Mapping[str, Mapping[str, Any] | None]


def read_space(path: Path) -> Space:
    """Reads a search space. Raises ConfigError naming the file, the key and the remedy."""
    content = read_yaml(path)
    if not isinstance(content, dict) or not any(content.values()):
        raise ConfigError(f"{path}: a space holds `parameters` or `augment` or both (docs/sweep.md)")
    for section in map(str, content):
        if section not in _SECTIONS:
            raise ConfigError(f"{path}: {section}: no such key{nearest(section, _SECTIONS)}")
    _check_plain(content, path)
    parameters = _mapping(content.get("parameters"), f"{path}: parameters")
    augment = _mapping(content.get("augment"), f"{path}: augment")
    return Space(
        parameters={str(key): _tuned(value, str(key), path) for key, value in parameters.items()},
        augment={
            str(key): {
                str(name): parameter_of(value, f"{path}: augment.{key}.{name}")
                for name, value in _mapping(settings, f"{path}: augment.{key}").items()
            }
            for key, settings in augment.items()
        },
        text=json.dumps(content, sort_keys=True),
        source=path.read_text("utf-8"),
    )


def draw(space: Space, trial: Draws) -> Drawn:
    """Draws all parameters, and those of an augmentation only if the trial switches it on."""
    values = {key: parameter.draw(key, trial) for key, parameter in space.parameters.items()}
    augment: dict[str, Mapping[str, Any] | None] = {}
    for name, settings in space.augment.items():
        key = f"{AUGMENT}.{name}"
        is_on = trial.suggest_categorical(key, ["off", "on"]) == "on"
        drawn = {item: settings[item].draw(f"{key}.{item}", trial) for item in settings} if is_on else None
        augment[name] = drawn
    return Drawn(values=values, augment=augment)


def parameter_of(value: Any, key: str) -> Parameter:
    """The parameter that a YAML value describes. Raises ConfigError whose message starts with `key`."""
    if not isinstance(value, dict) or not {"low", "high", "choices"} & set(value):
        return Fixed(value)
    if set(value) == {"choices"}:
        choices = value["choices"]
        if not isinstance(choices, list) or len({_storable(item) for item in choices}) < max(len(choices), 1):
            raise ConfigError(f"{key}: choices must list different values, got {choices!r}")
        return Choices(tuple(choices))
    if not {"low", "high"} <= set(value) <= {"low", "high", "log"}:
        raise ConfigError(f"{key}: a range is {{low, high}} or {{low, high, log: true}}, got {value!r}")
    low, high, log = _number(value["low"]), _number(value["high"]), value.get("log", False)
    if (
        not (_is_finite(low) and _is_finite(high))
        or not low < high
        or not isinstance(log, bool)
        or (log and low <= 0)
    ):
        raise ConfigError(
            f"{key}: low must be below high, both finite (and above 0 with log: true), got {value!r}"
        )
    return Range(low, high, log)


def _tuned(value: Any, key: str, path: Path) -> Parameter:
    if f"{key}.".startswith(f"{AUGMENT}."):
        raise ConfigError(f"{path}: {key}: list augmentations under `augment`; each is on or off in a trial")
    if not key.startswith(_TUNABLE) or key in _FIXED_BY_COMPARISON:
        raise ConfigError(
            f"{path}: {key}: can't be tuned, as trials with other values of it could not be compared "
            f"(can be: {', '.join(_TUNABLE)})"
        )
    parameter = parameter_of(value, f"{path}: {key}")
    if isinstance(parameter, Fixed):
        raise ConfigError(
            f"{path}: {key}: must be {{low, high}} or {{choices}}; a fixed value goes in the config"
        )
    return parameter


def _number(value: Any) -> Any:
    """The number that a value means; `1e-4` is read as text, since a text setting may look like that."""
    if isinstance(value, str):
        with suppress(ValueError):
            return float(value)
    return value


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _mapping(value: Any, key: str) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{key}: must hold key: value pairs, got {value!r}")
    return value


def _check_plain(value: Any, path: Path, key: str = "") -> None:
    """Raises ConfigError for a reference, and for numbers and types that JSON can't hold exactly."""
    if isinstance(value, dict):
        for name, item in value.items():
            _check_plain(item, path, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, path, key)
    elif isinstance(value, str) and "${" in value:
        raise ConfigError(f"{path}: {key}: {value!r} is a reference, which is not resolved; write the value")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{path}: {key}: numbers must be finite, got {value}")
    elif isinstance(value, int) and abs(value) > _LARGEST:
        raise ConfigError(f"{path}: {key}: whole numbers must be within 2^53, got {str(value)[:20]}...")
    elif not isinstance(value, bool | int | float | str | None):
        raise ConfigError(f"{path}: {key}: must be text or a number, got a {type(value).__name__}")


def _storable(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)
