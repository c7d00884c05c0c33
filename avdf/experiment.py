"""config -> run folder: prepare, part, fit, choose the threshold, score, audit. Sees both halves."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration

from avdf.audit.folder import write_audit
from avdf.augmentation import build_augmentation
from avdf.data.dataset import RandomCrops
from avdf.detector import Detector, build_detector, load_detector, resolve_model, save_detector
from avdf.errors import ConfigError, UserError
from avdf.evaluation.binary import binary_metrics
from avdf.evaluation.metrics import measure
from avdf.evaluation.threshold import Threshold, best_threshold, choose_threshold
from avdf.experiment_data import ExperimentData, load_data
from avdf.files import write_csv, write_json
from avdf.run_folder import (
    config_of_run,
    detector_facts,
    environment,
    new_run,
    provenance,
    write_history,
)
from avdf.scoring import score_clips, score_table
from avdf.settings import Config, EvaluationConfig, SplitConfig
from avdf.training import Figures, History, fit

_LOG = logging.getLogger(__name__)


def run_experiment(
    config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None
) -> Path:
    """Runs one experiment and returns its folder; `resume` is the folder of an unfinished one.

    Raises UserError for what only the user can mend, KeyboardInterrupt with the state saved.
    """
    config = resolve(config)
    detector = new_detector(config)
    run = resume or new_run(config, name)
    accelerator = new_accelerator(config, run)
    write_json(run / "environment.json", environment(command, str(accelerator.device)))

    data = load_data(config.data, config.seed, reads_frames="video" in config.model.encoders)
    write_csv(run / "clips.csv", data.clips)
    write_csv(run / "split.csv", data.split.table)
    write_json(run / "certificate.json", data.split.certificate)
    for warning in data.warnings:
        _LOG.warning("%s", warning)

    history = train(config, detector, data, accelerator, checkpoints=run / "checkpoints")
    write_history(run, history.rows)

    validation = score_part(config, detector, data, "validation", accelerator)
    rule = config.evaluation
    threshold = choose_threshold(
        validation, rule.threshold, beta=rule.beta, prevalence=rule.prevalence, seed=config.seed
    )
    data_hash = data.split.certificate["data_hash"]
    save_detector(detector, run / "detector", detector_facts(config, threshold.as_dict(), data_hash))

    test = score_part(config, detector, data, "test", accelerator)
    scores = pd.concat([validation, test], ignore_index=True)
    write_csv(run / "scores.csv", scores)
    write_json(run / "metrics.json", measure(scores, threshold, seed=config.seed))
    write_audit(
        scores,
        threshold,
        run / "audit",
        groups=rule.groups,
        provenance=provenance(run, config, data.split.certificate),
        probes=data.probes,
        warnings=data.warnings,
        seed=config.seed,
        overwrite=resume is not None,
    )
    accelerator.end_training()
    return run


def evaluate_run(run: Path, split: str, out: Path) -> dict[str, float]:
    """Scores one part again with a run's saved detector; writes scores and metrics, gives the metrics.

    Raises UserError where the data is no longer what the run was trained on.
    """
    config = config_of_run(run)
    as_parted = SplitConfig(name="file", path=str(run / "split.csv"))
    detector, facts = load_detector(run / "detector")
    data = load_data(
        replace(config.data, split=as_parted), config.seed, reads_frames="video" in config.model.encoders
    )
    if data.split.certificate["data_hash"] != facts["hashes"]["data"]:
        raise UserError(f"{config.data.root}: not the data that {run} was trained on (its hash differs)")
    accelerator = Accelerator()
    scores = score_part(config, detector.to(accelerator.device), data, split, accelerator)
    metrics = measure(scores, Threshold(**facts["threshold"]), seed=config.seed)
    write_csv(out / "scores.csv", scores)
    write_json(out / "metrics.json", metrics)
    found: dict[str, float] = metrics["splits"][split]
    return found


def resolve(config: Config) -> Config:
    """The same config with every plugin's defaults written out. Raises ConfigError."""
    model = resolve_model(config.model)
    augment = build_augmentation(config.model.augment).resolved()
    return replace(config, model=replace(model, augment=augment))


def new_detector(config: Config) -> Detector:
    """An untrained detector whose first weights depend on the seed alone. Raises ConfigError."""
    torch.manual_seed(config.seed)
    return build_detector(config.model, config.data.sample_rate_hz)


def new_accelerator(config: Config, run: Path | None) -> Accelerator:
    """Device, precision and trackers; without a run folder nothing is tracked. Raises ConfigError."""
    trackers = list(config.run.trackers) if run else []
    try:
        accelerator = Accelerator(
            mixed_precision=config.train.precision,
            log_with=trackers or None,
            project_config=ProjectConfiguration(
                project_dir=str(run or "."), logging_dir=str(run / "log") if run else None
            ),
        )
    except (ValueError, ImportError) as error:
        raise ConfigError(f"train.precision or run.trackers: {error}") from error
    if trackers:
        accelerator.init_trackers("avdf")
    return accelerator


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
    alter = partial(augmentation.alter_waveform, seed=config.seed, sample_rate_hz=config.data.sample_rate_hz)
    crops = RandomCrops(
        data.parts["train"], seed=config.seed, crops_per_clip=config.train.crops_per_clip, alter=alter
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


def validation_figures(
    detector: Detector, *, config: Config, data: ExperimentData, accelerator: Accelerator
) -> Figures:
    """What an epoch is judged by: the figures of the validation part at its own best threshold."""
    table = score_part(config, detector, data, "validation", accelerator)
    return figures_of(table, config.evaluation)


def figures_of(validation: pd.DataFrame, rule: EvaluationConfig) -> Figures:
    """F2 as the rows are and at the prevalence, AUC, and the threshold they were found at."""
    is_fake, score = validation["is_fake"].to_numpy(), validation["score"].to_numpy()
    value = best_threshold(is_fake, score, beta=rule.beta, prevalence=rule.prevalence)
    found = binary_metrics(is_fake, score, value, beta=rule.beta, prevalence=rule.prevalence)
    return {key: found[key] for key in ("f2", "f2_at_prevalence", "auc")} | {"threshold": value}


def score_part(
    config: Config, detector: Detector, data: ExperimentData, split: str, accelerator: Accelerator
) -> pd.DataFrame:
    """The score table of one part."""
    part = data.parts[split]
    scores = score_clips(
        detector,
        part,
        num_crops=config.evaluation.num_crops,
        batch_size=config.evaluation.batch_size,
        device=accelerator.device,
        workers=config.data.workers,
    )
    return score_table(part.clips, split, part.is_fake, scores, config.data.target)
