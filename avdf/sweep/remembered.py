"""A judge that writes down what it found, so that a killed ablation goes on where it was."""

import json
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from avdf.config.loading import yaml_text
from avdf.config.schema import Config
from avdf.errors import UserError
from avdf.files import read_json, text_hash, write_json
from avdf.sweep.place import without_place

_LOG = logging.getLogger(__name__)
Judge = Callable[[Config], float]


class Remembered:
    """F2 of a config, NaN where its training fails. One that stands in the file `kept` is not trained again.

    `facts` say what else the figure hangs on: the data, the folds, the study.
    """

    def __init__(self, judge: Judge, kept: Path, facts: Mapping[str, str]) -> None:
        self._judge, self._kept, self._facts = judge, kept, dict(facts)
        self._found: dict[str, float | None] = read_json(kept) if kept.is_file() else {}

    def __call__(self, config: Config) -> float:
        key = text_hash(json.dumps([self._facts, yaml_text(without_place(config))], sort_keys=True))
        if key not in self._found:
            try:
                self._found[key] = self._judged(config)
            except torch.OutOfMemoryError:  # another time there may be enough
                _LOG.warning("the memory is too small, or too full, for this training: left out")
                return math.nan
            write_json(self._kept, self._found)
        value = self._found[key]
        return math.nan if value is None else value

    def _judged(self, config: Config) -> float | None:
        what = f"{', '.join(config.model.augment) or 'no augmentation'}, seed {config.seed}"
        _LOG.info("ablation with %s begins", what)
        try:
            return self._judge(config)
        except UserError as error:
            _LOG.warning("ablation with %s failed, and is left out: %s", what, str(error).splitlines()[0])
            return None
