"""A run's detector on another corpus, at the frozen threshold: scores, metrics, audit, and what it shares."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from avdf.audit.domains import write_domains
from avdf.audit.folder import refuse_existing, write_audit
from avdf.audit.sources import audit_input_of
from avdf.audit.trained_attacks import attacks_trained_on
from avdf.config.loading import as_settings
from avdf.config.schema import SPLITS, Config, DataConfig
from avdf.config.training import PairsConfig
from avdf.data.clips import data_hash
from avdf.data.dataset import LabelledClips
from avdf.data.preparation import Prepared
from avdf.data.splits.rules import Split
from avdf.detector_folder import load_detector
from avdf.errors import ConfigError, UserError, said_as
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.summary import measure, score_splits_of
from avdf.evaluation.threshold import Threshold, stored_threshold
from avdf.experiment.attacks_elsewhere import attacks_seen_elsewhere
from avdf.experiment.data import ExperimentData, prepare_data_and_frames
from avdf.experiment.data_warnings import (
    missing_modality_warnings,
    no_face_warnings,
    no_groups_warnings,
    skipped_warnings,
    unknown_group_warnings,
)
from avdf.experiment.machine import new_accelerator, refuse_many_processes
from avdf.experiment.overlap import overlap_with_training
from avdf.experiment.probes import probes_of_test
from avdf.experiment.record import environment
from avdf.experiment.scores import check_groups, score_split
from avdf.experiment.sources import OPTIONS_OF_CORPUS, groups_of
from avdf.files import write_csv, write_json
from avdf.run_folder import RunFolder

Which = Literal["all", "official"]
_TEST = SPLITS[-1]
_NOT_COMPARED = (
    "NOT COMPARED: whether people or recordings of the training are in this corpus is not known, since the "
    "data of the run was not compared with it.",
)


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Another corpus: how it is read, and which of its clips are scored.

    `official`: the test part of its own protocol. `compare`: whether its recordings and people are compared
    with those of the training, which needs the run's data.
    """

    data: DataConfig
    which: Which = "all"
    compare: bool = True


def evaluate_elsewhere(
    path: Path,
    corpus: Elsewhere,
    out: Path | None = None,
    *,
    command: Sequence[str] = (),
    overwrite: bool = False,
) -> RunFolder:
    """Scores another corpus with a run's detector; writes RUN/elsewhere/NAME and the page of all of them.

    Raises UserError for the run's own data, for a folder that exists, and for a corpus without such clips.
    """
    refuse_many_processes("evaluate")
    run = RunFolder(path)
    if run.folds:
        raise UserError(f"{path}: has one detector per fold; give one of them, as in {run.fold(0).path}")
    judged = RunFolder(out or run.elsewhere / corpus.data.corpus)
    refuse_existing(judged.path, overwrite, path)
    detector, facts = load_detector(run.detector)
    with said_as(OPTIONS_OF_CORPUS):
        config = _config_of(run.config(), corpus.data)
        data = _data_of(run, config, corpus)
    check_groups(config, data, f"--corpus {config.data.corpus}")
    accelerator = new_accelerator(config, None)
    detector = detector.to(accelerator.device)
    scores = score_split(config, detector, data, _TEST, accelerator)
    write_csv(judged.scores_csv, scores)
    write_csv(judged.skipped_csv, data.skipped)
    write_json(judged.certificate_json, data.split.certificate)
    write_json(judged.environment_json, environment(command, accelerator, data))
    threshold = stored_threshold(as_settings(facts.threshold), str(path))
    provenance = {"split": corpus.which, "detector_hash": facts.hashes.weights}
    _report(
        judged, CheckedScores.of(scores, config.evaluation.group_columns), threshold, config, data, provenance
    )
    if judged.path in [folder.path for folder in run.folders_elsewhere()]:
        write_domains(run)
    return judged


def _report(
    judged: RunFolder,
    scores: CheckedScores,
    threshold: Threshold,
    config: Config,
    data: ExperimentData,
    provenance: Mapping[str, Any],
) -> None:
    """Writes metrics.json and the audit of the scored corpus."""
    groups = config.evaluation.group_columns
    splits = score_splits_of(scores, threshold, groups, seed=config.seed)
    write_json(judged.metrics_json, measure(splits, threshold, attacks_trained_on(judged)))
    audit_input = audit_input_of(scores, threshold, groups, run=judged, probes=data.probes)
    of_data = {
        "data": f"{config.data.corpus}: {config.data.root}",
        "target": config.data.target,
        "seed": config.seed,
    }
    audit_input = replace(
        audit_input,
        test=splits[_TEST],
        provenance={**audit_input.provenance, **of_data, **provenance},
    )
    write_audit(audit_input, judged.audit, config.seed, overwrite=True)


def _config_of(config: Config, data: DataConfig) -> Config:
    """The config of a run with another corpus, which has no copies; scoring runs in float32."""
    kept = config.data
    elsewhere = replace(
        data,
        cache=kept.cache,
        target=kept.target,
        seconds=kept.seconds,
        sample_rate_hz=kept.sample_rate_hz,
        skip_start_s=kept.skip_start_s,
        workers=kept.workers,
        frames=kept.frames,
    )
    return replace(
        config,
        data=elsewhere,
        train=replace(config.train, precision="no", balance="class", pairs=PairsConfig()),
        evaluation=replace(config.evaluation, groups=groups_of(elsewhere)),
    )


def _data_of(run: RunFolder, config: Config, corpus: Elsewhere) -> ExperimentData:
    """The clips to score, as a test split. Raises UserError for the run's own data."""
    data = prepare_data_and_frames(config)
    prepared = data.prepared
    own_hash = data_hash(prepared.clips)
    if own_hash == run.certificate().get("data_hash"):
        raise UserError(f"--root: {config.data.root} is the data of the run; leave --corpus and --root out")
    table = _chosen(prepared.clips, corpus)
    overlap = overlap_with_training(run, config.data, table["clip"]) if corpus.compare else None
    clips = LabelledClips(
        table,
        prepared.store,
        target=config.data.target,
        seconds=config.data.seconds,
        skip_start_s=config.data.skip_start_s,
        frames=data.frames,
    )
    seen = attacks_seen_elsewhere(run, config.data)
    certificate = {
        "name": "elsewhere",
        "data_hash": own_hash,
        "attacks_trained_on": sorted(seen.names),
        "attacks_gap": seen.gap,
        "is_compared_with_training": overlap is not None,
        **(overlap.certificate if overlap else {}),
    }
    split = Split(table=table[["clip"]].assign(split=_TEST), certificate=certificate)
    hears = "audio" in config.model.encoders
    missing = missing_modality_warnings(data.frames, prepared.unheard, table["clip"].tolist(), hears=hears)
    shared = overlap.sentences if overlap else _NOT_COMPARED
    faceless = no_face_warnings(table, config.evaluation.group_columns)
    warnings = [*shared, *_warnings(prepared, config), *faceless, *missing]
    return ExperimentData(
        clips=prepared.clips,
        skipped=prepared.skipped,
        split=split,
        splits={_TEST: clips},
        probes=probes_of_test(clips, config.data),
        warnings=tuple(warnings),
        lost_groups=(),
    )


def _chosen(clips: pd.DataFrame, corpus: Elsewhere) -> pd.DataFrame:
    if corpus.which == "all":
        return clips
    if "official_split" not in clips or not (clips["official_split"] == _TEST).any():
        raise ConfigError(
            f"--split official: {corpus.data.corpus} has no official test split; give --split all"
        )
    return clips[clips["official_split"] == _TEST].reset_index(drop=True)


def _warnings(prepared: Prepared, config: Config) -> Iterator[str]:
    yield from unknown_group_warnings(prepared.skipped)
    yield from prepared.warnings
    yield from no_groups_warnings(config.evaluation.group_columns)
    yield from skipped_warnings(prepared.skipped)
