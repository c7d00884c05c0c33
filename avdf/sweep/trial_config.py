"""What was chosen, laid over a config: the config of a trial, and of an ablation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from avdf.config.loading import as_settings, typed
from avdf.config.schema import Config
from avdf.errors import ConfigError
from avdf.experiment.settings import resolve
from avdf.sweep.space import Chosen, Parameter, Range, Space


def laid_over(config: Config, chosen: Chosen) -> Config:
    """The resolved config with the chosen settings in place of its own. Raises ConfigError.

    An augmentation keeps what the config says of it where the space is silent; those the config
    does not name come after the others, in the order of the space.
    """
    settings = as_settings(config)
    for key, value in chosen.values.items():
        *folders, last = key.split(".")
        place = settings
        for name in folders:
            if not isinstance(place.get(name), dict):
                raise ConfigError(f"{key}: no such key in the config")
            place = place[name]
        place[last] = value
    augment = settings["model"]["augment"]
    for name, own in chosen.augment.items():
        augment[name] = None if own is None else {**(augment.get(name) or {}), **own}
    return resolve(typed(Config, settings, ""))


def with_augment(config: Config, augment: Mapping[str, Mapping[str, Any] | None]) -> Config:
    """The config with these augmentations alone. Raises ConfigError."""
    settings = as_settings(config)
    settings["model"]["augment"] = {name: own for name, own in augment.items() if own is not None}
    return resolve(typed(Config, settings, ""))


def check_space(config: Config, space: Space) -> None:
    """Tries the ends of every range and every choice, each beside the lowest and the highest of the others.

    Raises ConfigError with the dotted key before a minute has been spent.
    """
    off: dict[str, Mapping[str, Any] | None] = dict.fromkeys(space.augment)
    for values in _corners(space.parameters):
        laid_over(config, Chosen(values=values, augment=off))
    for name, own in space.augment.items():
        for settings in _corners(own):
            laid_over(config, Chosen(values={}, augment={**off, name: settings}))


def fitted(config: Config, space: Space) -> Space:
    """The space with a range of floats wherever the setting is one, as in `dropout: {low: 0, high: 1}`."""
    lowest = Chosen(
        values=_lowest(space.parameters), augment={name: _lowest(own) for name, own in space.augment.items()}
    )
    settings = as_settings(laid_over(config, lowest))
    of_augment = settings["model"]["augment"]
    return replace(
        space,
        parameters={key: _fit(one, _at(settings, key)) for key, one in space.parameters.items()},
        augment={
            name: {item: _fit(one, of_augment[name][item]) for item, one in own.items()}
            for name, own in space.augment.items()
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


def _at(settings: Mapping[str, Any], key: str) -> Any:
    for name in key.split("."):
        settings = settings[name]
    return settings


_OF_DATA = ("root", "cache", "workers", "decode_workers")


def at_place_of(config: Config, here: Config) -> Config:
    """The config with the machine's own of `here`."""
    own = {name: getattr(here.data, name) for name in _OF_DATA}
    return replace(config, data=replace(config.data, **own), run=here.run)


def without_place(config: Config) -> Config:
    """The config as it is the same on every machine."""
    return at_place_of(config, Config(model=config.model))
