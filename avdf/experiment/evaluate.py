"""Scoring a split of a run again from its saved detector."""

from dataclasses import replace
from pathlib import Path

from avdf.audit.trained_attacks import attacks_trained_on
from avdf.config.loading import as_settings
from avdf.config.schema import DataConfig, SplitConfig
from avdf.config.sources import FakesConfig
from avdf.detector_folder import load_detector
from avdf.errors import UserError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import stored_threshold
from avdf.experiment.data import load_data
from avdf.experiment.machine import new_accelerator, refuse_many_processes
from avdf.experiment.record import data_hash_of
from avdf.experiment.scores import score_split
from avdf.experiment.settings import check_data_is_there
from avdf.experiment.sources import roots_of
from avdf.files import write_csv, write_json
from avdf.run_folder import RunFolder


def evaluate_run(path: Path, split: str, out: Path, *, root: Path | None = None) -> dict[str, float]:
    """Scores one split with a run's detector; writes scores and metrics to `out`, returns the metrics.

    `root` is where the data is now, if it has moved since the training. Raises UserError if it is not the
    data that the run was trained on, and if `out` holds scores of something else.
    """
    refuse_many_processes("evaluate")
    run, evaluated = RunFolder(path), RunFolder(out)
    if run.folds:
        raise UserError(f"{path}: has one detector per fold; give one of them, as in {run.fold(0).path}")
    if evaluated.scores_csv.exists() and out.resolve() != run.evaluation(split).resolve():
        raise UserError(f"{evaluated.scores_csv}: exists; name another folder with --out")
    config = run.config()
    detector, facts = load_detector(run.detector)
    as_split = SplitConfig(name="file", path=str(run.split_csv))
    settings = _data_at(replace(config.data, split=as_split), root, run)
    if not getattr(settings.fakes, f"in_{split}", False):
        settings = replace(settings, fakes=FakesConfig())
    data = load_data(
        replace(config, data=settings),
        data_hash=data_hash_of(run),
    )
    # Scoring runs in float32 whatever train.precision says; this machine may lack that precision.
    accelerator = new_accelerator(replace(config, train=replace(config.train, precision="no")), None)
    detector = detector.to(accelerator.device)
    scores = score_split(config, detector, data, split, accelerator)
    threshold = stored_threshold(as_settings(facts.threshold), str(path))
    groups = config.evaluation.group_columns
    splits = score_splits_of(CheckedScores.of(scores, groups), threshold, groups, seed=config.seed)
    metrics = measure(
        splits, threshold, attacks_trained_on(run), facts.calibration or facts.calibration_reason
    )
    write_csv(evaluated.scores_csv, scores)
    write_json(evaluated.metrics_json, metrics)
    of_split: dict[str, float] = metrics["splits"][split]
    return of_split


def _data_at(config: DataConfig, root: Path | None, run: RunFolder) -> DataConfig:
    """The data of a run, where it is now. Raises UserError if it is not there."""
    if config.sources and root:
        raise UserError("--root: the run has several corpora (data.sources); put them where they were")
    moved = replace(config, root=str(root)) if root else config
    for place in roots_of(moved):
        key = "data.sources" if config.sources else "--root" if root else "data.root"
        check_data_is_there(place, run, "--root PATH", key)
    return moved
