"""The config of an experiment: read and resolved once; all other modules take a resolved config."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avdf.channel_copies.drawing import resolve_channels
from avdf.config.loading import as_settings, dotted, load_config
from avdf.config.schema import Config, ModelConfig
from avdf.detector import resolve_model
from avdf.errors import ConfigError
from avdf.experiment.sources import groups_of, roots_of
from avdf.run_folder import RunFolder
from avdf.stress.conditions import conditions_named
from avdf.training.augmentation import Augmentation, build_augmentation

# Settings that no metric depends on.
_OF_THE_MACHINE = ("data.cache", "data.workers", "data.decode_workers")
# Where a resumed run finds the same data and split: their hashes are compared with those of the run.
_PLACES = ("data.root", "data.split.path", "data.fakes.root")
_PLACES_BY_SOURCE = "data.fakes.roots."  # and the alias of a source, which stays


def load_experiment(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a config, applies `key=value` overrides and writes out every plugin's defaults.

    Raises ConfigError with the dotted key.
    """
    return resolve(load_config(path, overrides))


def resolve(config: Config) -> Config:
    """The same config with every plugin's defaults and the groups to audit. Raises ConfigError."""
    model = resolve_model(config.model)
    augmentation = build_augmentation(config.model.augment)
    _check_augmentation(augmentation, config.model)
    groups = config.evaluation.groups
    if groups is None:
        groups = groups_of(config.data)
    conditions_named(config.evaluation.stress_names, "evaluation.stress", config.model.encoders)
    copies = config.data.channel_copies
    if config.evaluation.threshold.with_channels:
        _check_threshold_with_channels(config)
    if copies.channels and "audio" not in config.model.encoders:
        raise ConfigError("data.channel_copies: changes sound; name an encoder in model.encoders.audio")
    channels = resolve_channels(copies.channels, "data.channel_copies.channels")
    return replace(
        config,
        data=replace(config.data, channel_copies=replace(copies, channels=channels)),
        model=replace(model, augment=augmentation.resolved()),
        evaluation=replace(config.evaluation, groups=groups),
    )


def _check_augmentation(augmentation: Augmentation, model: ModelConfig) -> None:
    """Raises ConfigError for one of what no encoder reads, and for labels that are mixed without pictures."""
    for name, plugin in augmentation.plugins.items():
        key = f"model.augment.{name}"
        if plugin.stage == "frames" and not model.reads_frames:
            raise ConfigError(f"{key}: changes frames; name an encoder in model.encoders.video")
        if plugin.stage != "frames" and "audio" not in model.encoders:
            raise ConfigError(f"{key}: changes sound; name an encoder in model.encoders.audio")
        if plugin.stage == "pairs" and model.reads_frames:
            raise ConfigError(f"{key}: mixes sound and labels but no pictures; set it to null")


def _check_threshold_with_channels(config: Config) -> None:
    key = "evaluation.threshold.with_channels"
    if not config.data.channel_copies.channels:
        raise ConfigError(
            f"{key}: data.channel_copies.channels lists none; name some, or leave with_channels out"
        )
    if config.model.reads_frames:
        raise ConfigError(f"{key}: is for detectors that only hear; leave it out")


def config_to_resume(run: RunFolder, overrides: Sequence[str]) -> Config:
    """The config of a run, with overrides of where the data is, how many processes read it, and how many
    folds are trained side by side.

    Raises ConfigError for any other override that would change a setting, and if the data is not there.
    """
    started, resumed = run.config(), load_experiment(run.config_yaml, overrides)
    check_resumable(run, resumed, all_folds=bool(run.folds))
    key, value = ("data.sources", "[...]") if resumed.data.sources else ("data.root", "PATH")
    for root in roots_of(resumed.data):
        check_data_is_there(root, run, f"--resume {run.path} {key}={value}", key)
    if resumed.run.threads != started.run.threads:
        raise ConfigError(
            f"run.threads: the run was started with {started.run.threads}, not {resumed.run.threads}; a "
            "resumed run keeps its settings"
        )
    all_folds, parallel_folds = bool(run.folds) or resumed.run.all_folds, resumed.run.parallel_folds
    of_run = replace(started.run, all_folds=all_folds, parallel_folds=parallel_folds)
    return replace(started, data=resumed.data, run=of_run)


def check_resumable(run: RunFolder, config: Config, *, all_folds: bool = False) -> None:
    """Raises ConfigError if a run was started with other settings than `config`, or trains every fold."""
    if run.folds and not all_folds:
        raise ConfigError(f"--resume: {run.path} trains every fold; add --all-folds")
    if run.is_begun and (change := changed_setting(run.config(), config, may_move=True)):
        raise ConfigError(
            f"{change}; a resumed run keeps its settings: leave this one out, or start a new run"
        )


def changed_setting(started: Config, resumed: Config, *, may_move: bool = False) -> str | None:
    """The first setting that differs, in words; settings of the machine may differ, and with `may_move` the
    places of data and split.
    """
    may_differ = {*_OF_THE_MACHINE, *(_PLACES if may_move else ())}
    before, after = dotted(as_settings(started)), dotted(as_settings(resumed))
    if may_move:
        may_differ |= {key for key in before.keys() & after.keys() if key.startswith(_PLACES_BY_SOURCE)}
        for settings in (before, after):
            sources = settings["data.sources"]
            settings["data.sources"] = [{**source, "root": "..."} for source in sources]
    for key in sorted({*before, *after}):
        if key not in may_differ and not key.startswith("run.") and before.get(key) != after.get(key):
            return f"{key}: the run was started with {before.get(key)!r}, not {after.get(key)!r}"
    return None


def check_data_is_there(root: str, run: RunFolder, remedy: str, key: str = "data.root") -> None:
    """Raises ConfigError if the data of a run is not at `root` any more."""
    if root != "demo" and not Path(root).exists():
        raise ConfigError(
            f"{key}: no folder {root!r} with the data of {run.path}; if it has moved, say where it is "
            f"now: {remedy}"
        )
