"""Config -> run folder: prepare and split the data, train, choose the threshold, score, stress, audit."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator

from avdf.config.evaluation import Whole
from avdf.config.schema import Config
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops
from avdf.detector import Detector, build_detector
from avdf.detector_folder import save_detector
from avdf.experiment.channels import validation_through_channels, with_channel_copies
from avdf.experiment.data import ExperimentData, PreparedData, load_data, real_clips
from avdf.experiment.machine import check_machine, cpu_threads, made_once, new_accelerator, num_workers
from avdf.experiment.record import data_hash_of, detector_facts, environment, new_run, record_start
from avdf.experiment.scores import check_groups, score_split_each_way
from avdf.experiment.settings import check_resumable
from avdf.experiment.validation import Validation
from avdf.files import write_csv, write_json
from avdf.run_folder import RunFolder
from avdf.training.augmentation import build_augmentation, draws_for
from avdf.training.data import training_data
from avdf.training.loop import EpochEnd, FitResult, fit
from avdf.training.state import Metrics

_LOG = logging.getLogger(__name__)
OnEpoch = Callable[[int, Metrics], None]  # the number of the finished epoch, from 1, and its metrics


def run_experiment(
    config: Config,
    *,
    name: str,
    command: Sequence[str] = (),
    resume: Path | None = None,
    prepared_data: PreparedData | None = None,
    on_epoch: OnEpoch | None = None,
) -> Path:
    """Runs one experiment and returns its folder; `resume` is the folder of an unfinished one.

    `config` is resolved, as `load_experiment` returns it. `prepared_data` is that of the config, if it is
    prepared already; `on_epoch` is told each finished epoch. Raises UserError for what only the user can
    change, KeyboardInterrupt with the state saved.
    """
    if resume:
        check_resumable(RunFolder(resume), config)
    check_machine(config)
    with cpu_threads(config.run.threads):
        detector = new_detector(config)
        run = RunFolder(made_once(lambda: resume or new_run(config, name).path))
        accelerator = new_accelerator(config, run)
        with accelerator.main_process_first():  # the other processes read what the first has decoded
            data = load_data(config, data_hash=data_hash_of(run), prepared_data=prepared_data)
        check_groups(config, data)
        if accelerator.is_main_process:
            record_start(run, config, data, environment(command, accelerator, data))
        result = train(config, detector, data, accelerator, checkpoints=run.checkpoints, on_epoch=on_epoch)
        scores = {
            split: score_split_each_way(config, detector, data, split, accelerator)
            for split in ("validation", "test")
        }
        if config.evaluation.threshold.with_channels:
            scores["channels"] = validation_through_channels(config, detector, data, accelerator)
        if accelerator.is_main_process:  # one process writes
            write_csv(run.history_csv, pd.DataFrame(result.rows))
            _report(config, run, detector, data, scores)
        accelerator.end_training()
    return run.path


def _report(
    config: Config,
    run: RunFolder,
    detector: Detector,
    data: ExperimentData,
    each_way: Mapping[str, dict[Whole, pd.DataFrame]],
) -> None:
    """Scores of validation and test -> threshold, detector folder, stress test, metrics and audit.

    `channels` of `each_way`, if any, are those of validation through channels.
    """
    # Modules of the report are loaded when it is written, not before the training.
    from avdf.audit.folder import write_audit
    from avdf.audit.sources import audit_input_of
    from avdf.audit.trained_attacks import attacks_trained_on
    from avdf.evaluation.scores import CheckedScores
    from avdf.evaluation.summary import measure, score_splits_of
    from avdf.experiment.detector_use import facts_for_use, thresholds_of
    from avdf.experiment.stress import stress_of_run
    from avdf.sharing.folder import write_card

    rule = config.evaluation
    scores = pd.concat([each_way[name][rule.whole] for name in ("validation", "test")], ignore_index=True)
    write_csv(run.scores_csv, scores)
    checked = CheckedScores.of(scores, rule.group_columns)
    thresholds = thresholds_of(each_way["validation"], each_way.get("channels", {}), rule, config.seed)
    threshold = thresholds.pop(rule.whole)
    if "channels" in each_way:
        write_csv(run.validation_channels_csv, each_way["channels"][rule.whole])
    use = facts_for_use(checked.of_split("validation"), thresholds, data.splits["train"])
    facts = detector_facts(config, threshold.as_dict(), data.split.certificate["data_hash"])
    save_detector(detector, run.detector, {**facts, **use})
    stress = stress_of_run(config, run, detector, data, threshold)
    splits = score_splits_of(checked, threshold, rule.group_columns, seed=config.seed)
    metrics = measure(
        splits, threshold, attacks_trained_on(run), run.calibration() or use["calibration_reason"]
    )
    write_json(run.metrics_json, {**metrics, "stress": stress.summary()} if stress else metrics)
    audit_input = audit_input_of(checked, threshold, rule.group_columns, run=run, probes=data.probes)
    write_audit(replace(audit_input, test=splits["test"]), run.audit, config.seed, overwrite=True)
    write_card(run)


def new_detector(config: Config) -> Detector:
    """An untrained detector whose first weights depend on the seed alone. Raises ConfigError."""
    torch.manual_seed(config.seed)
    return build_detector(config.model, config.data.sample_rate_hz, config.data.seconds)


def train(
    config: Config,
    detector: Detector,
    data: ExperimentData,
    accelerator: Accelerator,
    *,
    checkpoints: Path | None = None,
    on_epoch: OnEpoch | None = None,
) -> FitResult:
    """Trains on the train split, chooses the epoch on the validation split; the test split is not read."""
    augmentation = build_augmentation(config.model.augment)
    with accelerator.main_process_first():  # the other processes read what the first has made
        clips = with_channel_copies(data.splits["train"], config.data, data.could_train)
    if detector.learns_from_real:
        clips = real_clips(clips)
    single = RandomCrops(
        clips,
        seed=config.seed,
        crops_per_clip=config.train.crops_per_clip,
        augment=partial(augmentation.augment_waveform, sample_rate_hz=config.data.sample_rate_hz),
        augment_frames=augmentation.augment_frames,
        draw=draws_for(augmentation, detector, clips.num_samples),
    )
    copies = config.train.pairs.copies_per_clip
    crops = PairedCrops(single, copies) if copies else single
    if isinstance(crops, PairedCrops):
        _LOG.info("%s", crops.describe())
    validation = Validation(config, data.splits["validation"])
    validation.announce(accelerator)
    result = fit(
        detector,
        training_data(
            crops,
            augmentation,
            config.train,
            workers=num_workers(config, accelerator.device),
            heads=tuple(detector.heads),
            needs_both=not detector.learns_from_real,
        ),
        config.train,
        accelerator=accelerator,
        epoch_end=EpochEnd(partial(validation.metrics, accelerator=accelerator), on_epoch),
        checkpoints=checkpoints,
    )
    return replace(result, rows=[row | validation.counts for row in result.rows])
