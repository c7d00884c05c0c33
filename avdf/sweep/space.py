"""What a trial may draw, read from YAML: ranges, choices, and which augmentations are on."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from avdf.errors import ConfigError, nearest


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


AUGMENT = "model.augment"
_TUNABLE = ("model.", "train.", "data.seconds", "data.skip_start_s", "data.one_per_track")
_COMPARED = ("train.precision", "train.checkpoint", "train.compile")  # what is compared, or how closely
_SLOTS = ("parameters", "augment")


@dataclass(frozen=True, kw_only=True)
class Space:
    """`parameters`: by dotted key. `augment`: by key of the augmentation, its own parameters by name."""

    parameters: Mapping[str, Parameter]
    augment: Mapping[str, Mapping[str, Parameter]]
    text: str  # of the YAML, comments and order apart: two spaces are the same where it is
    source: str  # of the YAML, as it was read


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What one trial drew: values by dotted key; settings by augmentation, None where it is off."""

    values: Mapping[str, Any]
    augment: Mapping[str, Mapping[str, Any] | None]


def read_space(path: Path) -> Space:
    """Reads a search space. Raises ConfigError naming the file, the key and the remedy."""
    try:
        source = path.read_text("utf-8")
        found = OmegaConf.to_container(OmegaConf.load(io.StringIO(source)), resolve=True)
    except FileNotFoundError as error:
        near = sorted(item.name for item in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        raise ConfigError(f"{path}: no such file{nearest(path.name, near) if near else ''}") from error
    except (OSError, yaml.YAMLError, UnicodeDecodeError, OmegaConfBaseException) as error:
        raise ConfigError(f"{path}: can't be read as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(found, dict) or not any(found.values()):
        raise ConfigError(f"{path}: a space holds `parameters` or `augment` or both (docs/sweep.md)")
    for slot in map(str, found):
        if slot not in _SLOTS:
            raise ConfigError(f"{path}: {slot}: no such key{nearest(slot, _SLOTS)}")
    parameters = _mapping(found.get("parameters"), f"{path}: parameters")
    augment = _mapping(found.get("augment"), f"{path}: augment")
    return Space(
        parameters={str(key): _tuned(value, str(key), path) for key, value in parameters.items()},
        augment={
            str(key): {
                str(name): parameter_of(value, f"{path}: augment.{key}.{name}")
                for name, value in _mapping(own, f"{path}: augment.{key}").items()
            }
            for key, own in augment.items()
        },
        text=json.dumps(found, sort_keys=True),
        source=source,
    )


def draw(space: Space, trial: Draws) -> Chosen:
    """Asks the trial for every parameter, and for an augmentation's own only where it is on."""
    values = {key: parameter.draw(key, trial) for key, parameter in space.parameters.items()}
    augment: dict[str, Mapping[str, Any] | None] = {}
    for name, own in space.augment.items():
        key = f"{AUGMENT}.{name}"
        is_on = trial.suggest_categorical(key, ["off", "on"]) == "on"
        augment[name] = {item: own[item].draw(f"{key}.{item}", trial) for item in own} if is_on else None
    return Chosen(values=values, augment=augment)


def _tuned(value: Any, key: str, path: Path) -> Parameter:
    if f"{key}.".startswith(f"{AUGMENT}."):
        raise ConfigError(f"{path}: {key}: augmentations stand under `augment`, each on or off in a trial")
    if not key.startswith(_TUNABLE) or key in _COMPARED:
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


def _mapping(value: Any, where: str) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must hold key: value pairs, got {value!r}")
    return value
