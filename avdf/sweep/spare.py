"""Settings for every augmentation that a sweep could switch on, whether the best trial had it on or not."""

from collections.abc import Mapping
from typing import Any

import optuna

from avdf.config.schema import Config
from avdf.sweep.space import AUGMENT, Space
from avdf.sweep.study import completed
from avdf.sweep.trials import AUGMENT_OF_TRIAL


def spare_settings(study: optuna.Study, config: Config, space: Space) -> dict[str, Mapping[str, Any]]:
    """Each as in the best trial that had it on; where none had, in the middle of its ranges."""
    ranked = sorted(completed(study), key=lambda trial: trial.value or 0.0, reverse=True)
    found: dict[str, Mapping[str, Any]] = {}
    for name, own in space.augment.items():
        having = [trial for trial in ranked if trial.params[f"{AUGMENT}.{name}"] == "on"]
        middle = {item: parameter.middle() for item, parameter in own.items()}
        in_config = config.model.augment.get(name) or {}
        found[name] = having[0].user_attrs[AUGMENT_OF_TRIAL][name] if having else {**in_config, **middle}
    return found
