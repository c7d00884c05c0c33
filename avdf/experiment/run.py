"""Config -> run folder: prepare and split the data, train, choose the threshold, score, audit."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator

from avdf.audit.folder import write_audit
from avdf.audit.sources import audit_input_of
from avdf.config.schema import Config, SplitConfig
from avdf.data.dataset import RandomCrops
from avdf.detector import Detector, build_detector, load_detector, save_detector
from avdf.errors import UserError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import Threshold, choose_threshold, stored_threshold
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.machine import check_machine, new_accelerator, refuse_many_processes, shared
from avdf.experiment.record import detector_facts, environment, new_run, record_start
from avdf.experiment.scores import score_part, validation_figures
from avdf.files import write_csv, write_json
from avdf.run_folder import RunFolder
from avdf.training.augmentation import build_augmentation
from avdf.training.data import training_data
from avdf.training.loop import EpochEnd, FitResult, fit
from avdf.training.state import Metrics


def run_experiment(
    config: Config, *, name: str, command: Sequence[str] = (), resume: Path | None = None
) -> Path:
    """Runs one experiment and returns its folder; `resume` is the folder of an unfinished one.

    `config` is resolved, as `load_experiment` gives it. Raises UserError for what only the user can
    change, KeyboardInterrupt with the state saved.
    """
    check_machine(config)
    detector = new_detector(config)
    run = RunFolder(shared(lambda: resume or new_run(config, name).path))
    accelerator = new_accelerator(config, run)
    with accelerator.main_process_first():  # the other processes read what the first has decoded
        data = load_data(config)
    if accelerator.is_main_process:
        facts = environment(command, str(accelerator.device), data, num_processes=accelerator.num_processes)
        record_start(run, data, facts)

    history = train(config, detector, data, accelerator, checkpoints=run.checkpoints)
    splits = [
        score_part(config, detector, data, split, accelerator, without_start=True)
        for split in ("validation", "test")
    ]
    if accelerator.is_main_process:  # one process writes
        write_csv(run.history_csv, pd.DataFrame(history.rows))
        scores = pd.concat(splits, ignore_index=True)
        write_csv(run.scores_csv, scores)
        checked = CheckedScores.of(scores, config.evaluation.group_columns)
        threshold = choose(config, checked)
        facts = detector_facts(config, threshold.as_dict(), data.split.certificate["data_hash"])
        save_detector(detector, run.detector, facts)
        groups = config.evaluation.group_columns
        scored = score_splits_of(checked, threshold, groups, seed=config.seed)
        write_json(run.metrics_json, measure(scored, threshold))
        audit_input = audit_input_of(checked, threshold, groups, run=run, probes=data.probes)
        write_audit(replace(audit_input, test=scored["test"]), run.audit, config.seed, overwrite=True)
    accelerator.end_training()
    return run.path


def choose(config: Config, scores: CheckedScores) -> Threshold:
    """The threshold that the config's rule finds on the validation rows."""
    rule = config.evaluation
    return choose_threshold(
        scores.of_split("validation"),
        rule.threshold,
        beta=rule.beta,
        prevalence=rule.prevalence,
        seed=config.seed,
    )


def evaluate_run(path: Path, split: str, out: Path) -> dict[str, float]:
    """Scores one split again with a run's saved detector; writes scores and metrics, returns the metrics.

    Raises UserError where the data is no longer what the run was trained on.
    """
    refuse_many_processes("evaluate")
    run = RunFolder(path)
    config = run.config()
    as_split = SplitConfig(name="file", path=str(run.split_csv))
    detector, facts = load_detector(run.detector)
    data = load_data(replace(config, data=replace(config.data, split=as_split)))
    if data.split.certificate["data_hash"] != facts["hashes"]["data"]:
        raise UserError(f"{config.data.root}: not the data that {run.path} was trained on (its hash differs)")
    # Scoring runs in float32 whatever train.precision says; this machine may lack that precision.
    accelerator = new_accelerator(replace(config, train=replace(config.train, precision="no")), None)
    detector = detector.to(accelerator.device)
    scores = score_part(config, detector, data, split, accelerator, without_start=True)
    threshold = stored_threshold(facts["threshold"], str(run.path))
    groups = config.evaluation.group_columns
    checked = CheckedScores.of(scores, groups)
    metrics = measure(score_splits_of(checked, threshold, groups, seed=config.seed), threshold)
    again = RunFolder(out)
    write_csv(again.scores_csv, scores)
    write_json(again.metrics_json, metrics)
    of_split: dict[str, float] = metrics["splits"][split]
    return of_split


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
    on_epoch: Callable[[int, Metrics], None] | None = None,
) -> FitResult:
    """Trains on the train split, chooses the epoch on the validation split; the test split is not read."""
    augmentation = build_augmentation(config.model.augment)
    augment = partial(augmentation.augment_waveform, sample_rate_hz=config.data.sample_rate_hz)
    crops = RandomCrops(
        data.splits["train"], seed=config.seed, crops_per_clip=config.train.crops_per_clip, augment=augment
    )
    validate = partial(validation_figures, config=config, data=data, accelerator=accelerator)
    return fit(
        detector,
        training_data(crops, augmentation, config.train, workers=config.data.workers),
        config.train,
        accelerator=accelerator,
        epoch_end=EpochEnd(validate, on_epoch),
        checkpoints=checkpoints,
    )
