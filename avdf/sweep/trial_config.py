"""The config of a trial or of an ablation: a base config in which drawn settings replace some values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optuna.trial import FixedTrial, FrozenTrial

from avdf.config.loading import as_settings, typed
from avdf.config.schema import Config
from avdf.errors import ConfigError
from avdf.experiment.settings import resolve
from avdf.sweep.space import Drawn, Parameter, Range, Space, draw

_MACHINE_SETTINGS = ("root", "cache", "workers", "decode_workers")


def with_choices(config: Config, drawn: Drawn) -> Config:
    """The resolved config with some settings replaced by drawn ones. Raises ConfigError.

    A setting of an augmentation that the space does not name keeps the config's value. Augmentations
    that the config does not name follow those it does, in the order of the space.
    """
    settings = as_settings(config)
    for key, value in drawn.values.items():
        *sections, name = key.split(".")
        section = settings
        for section_name in sections:
            if not isinstance(section.get(section_name), dict):
                raise ConfigError(f"{key}: no such key in the config")
            section = section[section_name]
        section[name] = value
    augment = settings["model"]["augment"]
    for name, choices in drawn.augment.items():
        augment[name] = None if choices is None else {**(augment.get(name) or {}), **choices}
    return resolve(typed(Config, settings, ""))


def config_of_trial(config: Config, space: Space, trial: FrozenTrial) -> Config:
    """The config that a stored trial was trained with, with the paths and processes of `config`."""
    return with_choices(config, draw(space, FixedTrial(trial.params)))


def with_augment(config: Config, augment: Mapping[str, Mapping[str, Any] | None]) -> Config:
    """The config with exactly these augmentations. Raises ConfigError."""
    settings = as_settings(config)
    settings["model"]["augment"] = {name: item for name, item in augment.items() if item is not None}
    return resolve(typed(Config, settings, ""))


def without_machine_settings(config: Config) -> Config:
    """The config with the default paths and numbers of processes, so that it is equal on all machines."""
    default = Config(model=config.model)
    data = {name: getattr(default.data, name) for name in _MACHINE_SETTINGS}
    return replace(config, data=replace(config.data, **data), run=default.run)


def check_space(config: Config, space: Space) -> None:
    """Tries the ends of all ranges and all choices, each with the lowest and the highest of the others.

    Raises ConfigError with the dotted key, before any training.
    """
    all_off: dict[str, Mapping[str, Any] | None] = dict.fromkeys(space.augment)
    for values in _corners(space.parameters):
        with_choices(config, Drawn(values=values, augment=all_off))
    for name, parameters in space.augment.items():
        for settings in _corners(parameters):
            with_choices(config, Drawn(values={}, augment={**all_off, name: settings}))


def with_float_ranges(config: Config, space: Space) -> Space:
    """The space with float ends for float settings: `dropout: {low: 0, high: 1}` is not only 0 and 1."""
    lowest = Drawn(
        values=_lowest(space.parameters),
        augment={name: _lowest(parameters) for name, parameters in space.augment.items()},
    )
    settings = as_settings(with_choices(config, lowest))
    augment = settings["model"]["augment"]
    return replace(
        space,
        parameters={key: _fit(item, _value_at(settings, key)) for key, item in space.parameters.items()},
        augment={
            name: {key: _fit(item, augment[name][key]) for key, item in parameters.items()}
            for name, parameters in space.augment.items()
        },
    )


def augment_order(config: Config, space: Space) -> Sequence[str]:
    """All augmentations that a trial may have, in the order in which it applies them."""
    return list(dict.fromkeys([*config.model.augment, *space.augment]))


def _corners(parameters: Mapping[str, Parameter]) -> Iterator[dict[str, Any]]:
    lowest = _lowest(parameters)
    highest = {key: parameter.ends()[-1] for key, parameter in parameters.items()}
    yield from (lowest, highest)
    for key, parameter in parameters.items():
        for value in parameter.ends():
            yield from ({**lowest, key: value}, {**highest, key: value})


def _lowest(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {key: parameter.ends()[0] for key, parameter in parameters.items()}


def _fit(parameter: Parameter, setting: Any) -> Parameter:
    if isinstance(parameter, Range) and isinstance(setting, float):
        return replace(parameter, low=float(parameter.low), high=float(parameter.high))
    return parameter


def _value_at(settings: Mapping[str, Any], key: str) -> Any:
    for name in key.split("."):
        settings = settings[name]
    return settings
