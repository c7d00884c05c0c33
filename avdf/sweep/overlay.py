"""What was chosen, laid over a config: the config of a trial, and of an ablation."""

from collections.abc import Mapping
from typing import Any

from avdf.config import as_settings, typed
from avdf.errors import ConfigError
from avdf.experiment import resolve
from avdf.settings import Config
from avdf.sweep.parameters import Choices
from avdf.sweep.space import Chosen, Space


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
    """Tries the ends of every range and every choice, one after the other, the rest as in the config.

    Raises ConfigError with the dotted key before a minute has been spent.
    """
    off: dict[str, Mapping[str, Any] | None] = dict.fromkeys(space.augment)
    laid_over(config, Chosen(values={}, augment=off))
    for key, parameter in space.parameters.items():
        for value in parameter.ends():
            laid_over(config, Chosen(values={key: value}, augment=off))
    for name, own in space.augment.items():
        first = {item: parameter.ends()[0] for item, parameter in own.items()}
        last = {item: parameter.ends()[-1] for item, parameter in own.items()}
        more = [
            {**first, item: value}
            for item, parameter in own.items()
            if isinstance(parameter, Choices)
            for value in parameter.ends()
        ]
        for settings in (first, last, *more):
            laid_over(config, Chosen(values={}, augment={**off, name: settings}))
