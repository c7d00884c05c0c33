"""config -> run folder: prepare, part, fit, choose the threshold, score, audit. Sees both halves."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator

from avdf.audit.folder import write_audit
from avdf.config.loading import as_settings, dotted, load_config
from avdf.config.schema import Config, SplitConfig
from avdf.data.dataset import RandomCrops
from avdf.detector import Detector, build_detector, load_detector, resolve_model, save_detector
from avdf.errors import ConfigError, UserError
from avdf.evaluation.frozen import stored_threshold
from avdf.evaluation.summary import measure
from avdf.evaluation.threshold import Threshold, choose_threshold
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.machine import check_machine, new_accelerator, refuse_many_processes, shared
from avdf.experiment.scores import score_part, validation_figures
from avdf.files import write_csv, write_json
from avdf.run_folder import (
    CONFIG_NAME,
    begin_run,
    config_of_run,
    detector_facts,
    environment,
    new_run,
    provenance,
)
from avdf.training.augmentation import build_augmentation
from avdf.training.loop import fit
from avdf.training.state import Figures, History


def run_experiment(
    config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None
) -> Path:
    """Runs one experiment and returns its folder; `resume` is the folder of an unfinished one.

    Raises UserError for what only the user can mend, KeyboardInterrupt with the state saved.
    """
    config = resolve(config)
    check_machine(config)
    detector = new_detector(config)
    run = shared(lambda: resume or new_run(config, name))
    accelerator = new_accelerator(config, run)
    with accelerator.main_process_first():  # the others read what the first has decoded
        data = load_data(config.data, config.seed, reads_frames="video" in config.model.encoders)
    if accelerator.is_main_process:
        facts = environment(
            command, str(accelerator.device), data.warnings, num_processes=accelerator.num_processes
        )
        begin_run(run, data.clips, data.split.table, data.split.certificate, facts)

    history = train(config, detector, data, accelerator, checkpoints=run / "checkpoints")
    validation = score_part(config, detector, data, "validation", accelerator, without_start=True)
    threshold = choose(config, validation)
    test = score_part(config, detector, data, "test", accelerator, without_start=True)

    if accelerator.is_main_process:  # one writer
        write_csv(run / "history.csv", pd.DataFrame(history.rows))
        data_hash = data.split.certificate["data_hash"]
        save_detector(detector, run / "detector", detector_facts(config, threshold.as_dict(), data_hash))
        scores = pd.concat([validation, test], ignore_index=True)
        write_csv(run / "scores.csv", scores)
        write_json(run / "metrics.json", measure(scores, threshold, seed=config.seed))
        audit(config, run, data, scores, threshold)
    accelerator.end_training()
    return run


def choose(config: Config, validation: pd.DataFrame) -> Threshold:
    """The threshold that the config's rule finds on the validation rows."""
    rule = config.evaluation
    return choose_threshold(
        validation, rule.threshold, beta=rule.beta, prevalence=rule.prevalence, seed=config.seed
    )


def audit(
    config: Config, run: Path, data: ExperimentData, scores: pd.DataFrame, threshold: Threshold
) -> None:
    """Writes the audit of a run's scores, in place of one that stands there."""
    write_audit(
        scores,
        threshold,
        run / "audit",
        groups=config.evaluation.groups,
        provenance=provenance(run, config, data.split.certificate),
        probes=data.probes,
        warnings=data.warnings,
        seed=config.seed,
        overwrite=True,
    )


def evaluate_run(run: Path, split: str, out: Path) -> dict[str, float]:
    """Scores one part again with a run's saved detector; writes scores and metrics, gives the metrics.

    Raises UserError where the data is no longer what the run was trained on.
    """
    refuse_many_processes("evaluate")
    config = config_of_run(run)
    as_parted = SplitConfig(name="file", path=str(run / "split.csv"))
    detector, facts = load_detector(run / "detector")
    data = load_data(
        replace(config.data, split=as_parted), config.seed, reads_frames="video" in config.model.encoders
    )
    if data.split.certificate["data_hash"] != facts["hashes"]["data"]:
        raise UserError(f"{config.data.root}: not the data that {run} was trained on (its hash differs)")
    # Scores don't hang on the training's precision, which this machine may lack.
    accelerator = new_accelerator(replace(config, train=replace(config.train, precision="no")), None)
    detector = detector.to(accelerator.device)
    scores = score_part(config, detector, data, split, accelerator, without_start=True)
    metrics = measure(scores, stored_threshold(facts["threshold"], str(run)), seed=config.seed)
    write_csv(out / "scores.csv", scores)
    write_json(out / "metrics.json", metrics)
    found: dict[str, float] = metrics["splits"][split]
    return found


def resolve(config: Config) -> Config:
    """The same config with every plugin's defaults written out. Raises ConfigError."""
    model = resolve_model(config.model)
    augment = build_augmentation(config.model.augment).resolved()
    return replace(config, model=replace(model, augment=augment))


def config_to_resume(run: Path, overrides: Sequence[str]) -> Config:
    """The config that a run was begun with. Raises ConfigError for an override that would change it."""
    begun = config_of_run(run)
    had, asked = (dotted(as_settings(one)) for one in (begun, load_config(run / CONFIG_NAME, overrides)))
    for key in sorted({*had, *asked}):
        if not key.startswith("run.") and had.get(key) != asked.get(key):
            raise ConfigError(
                f"{key}: {run} was begun with {had.get(key)!r}, not {asked.get(key)!r}; a resumed run keeps "
                "its settings: leave this one out, or begin a new run"
            )
    return begun


def new_detector(config: Config) -> Detector:
    """An untrained detector whose first weights depend on the seed alone. Raises ConfigError."""
    torch.manual_seed(config.seed)
    return build_detector(config.model, config.data.sample_rate_hz)


def train(
    config: Config,
    detector: Detector,
    data: ExperimentData,
    accelerator: Accelerator,
    *,
    checkpoints: Path | None = None,
    on_epoch: Callable[[int, Figures], None] | None = None,
) -> History:
    """Trains on the train part, chooses the epoch on the validation part; the test part is not read."""
    augmentation = build_augmentation(config.model.augment)
    rate_hz = config.data.sample_rate_hz
    augment = partial(augmentation.alter_waveform, seed=config.seed, sample_rate_hz=rate_hz)
    crops = RandomCrops(
        data.parts["train"], seed=config.seed, crops_per_clip=config.train.crops_per_clip, augment=augment
    )
    return fit(
        detector,
        crops,
        config.train,
        accelerator=accelerator,
        validate=partial(validation_figures, config=config, data=data, accelerator=accelerator),
        augmentation=augmentation,
        seed=config.seed,
        workers=config.data.workers,
        checkpoints=checkpoints,
        on_epoch=on_epoch,
    )
