"""The config of an experiment: read and resolved once; everything below takes it as resolved."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avdf.config.loading import as_settings, dotted, load_config
from avdf.config.schema import Config
from avdf.corpora import open_corpus
from avdf.detector import resolve_model
from avdf.errors import ConfigError
from avdf.experiment.data import corpus_of
from avdf.run_folder import RunFolder
from avdf.training.augmentation import build_augmentation


def load_experiment(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a config, applies `key=value` overrides and writes out every plugin's defaults.

    Raises ConfigError with the dotted key.
    """
    return resolve(load_config(path, overrides))


def resolve(config: Config) -> Config:
    """The same config with every plugin's defaults and the groups to audit. Raises ConfigError."""
    model = resolve_model(config.model)
    augment = build_augmentation(config.model.augment).resolved()
    groups = config.evaluation.groups
    if groups is None:
        groups = list(open_corpus(corpus_of(config.data)[0]).groups)
    return replace(
        config,
        model=replace(model, augment=augment),
        evaluation=replace(config.evaluation, groups=groups),
    )


def config_to_resume(run: RunFolder, overrides: Sequence[str]) -> Config:
    """The config that a run was started with. Raises ConfigError for an override that would change it."""
    started = run.config()
    if change := changed_setting(started, load_experiment(run.config_yaml, overrides)):
        raise ConfigError(
            f"{change}; a resumed run keeps its settings: leave this one out, or start a new run"
        )
    return started


def changed_setting(started: Config, asked: Config) -> str | None:
    """The first setting that differs, as `key: was X, not Y`; where the run is kept does not matter."""
    had, wanted = dotted(as_settings(started)), dotted(as_settings(asked))
    for key in sorted({*had, *wanted}):
        if not key.startswith("run.") and had.get(key) != wanted.get(key):
            return f"{key}: the run was started with {had.get(key)!r}, not {wanted.get(key)!r}"
    return None
