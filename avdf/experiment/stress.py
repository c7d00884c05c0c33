"""The stress test of a run at its end, and of a run, a detector or another corpus on demand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from avdf.audit.folder import refuse_existing
from avdf.config.detector_json import DetectorFacts
from avdf.config.evaluation import EvaluationConfig
from avdf.config.loading import as_settings
from avdf.config.schema import Config, DataConfig, FramesConfig, SplitConfig
from avdf.config.stress_json import StressDigest
from avdf.data.clips import data_hash
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector
from avdf.detector_folder import check_holds_detector, load_detector
from avdf.errors import ConfigError, UserError, said_as
from avdf.evaluation.threshold import Threshold, stored_threshold
from avdf.experiment.data import ExperimentData, load_data, prepare_data_and_frames
from avdf.experiment.machine import refuse_many_processes
from avdf.experiment.record import data_hash_of
from avdf.experiment.settings import check_data_is_there
from avdf.experiment.sources import OPTIONS_OF_CORPUS, groups_of
from avdf.files import write_json
from avdf.passes import best_device
from avdf.run_folder import RunFolder
from avdf.stress.conditions import conditions_named
from avdf.stress.measure import StressTest, stress
from avdf.stress.scoring import HowToScore
from avdf.stress.seen import channels_heard


@dataclass(frozen=True, kw_only=True)
class StressRequest:
    """What the command was asked for; `root` is where the run's data is now, or the corpus."""

    source: Path  # a run or a detector
    conditions: Sequence[str]
    corpus: str | None = None
    root: Path | None = None
    table: Mapping[str, Any] = field(default_factory=dict)  # its columns, of corpus table
    out: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class _Material:
    """The clips to score, and what is known of them."""

    clips: LabelledClips
    groups: Sequence[str]
    source: str
    data_hash: str
    warnings: Sequence[str] = ()
    provenance: Mapping[str, Any]


def stress_of_run(
    config: Config, run: RunFolder, detector: Detector, data: ExperimentData, threshold: Threshold
) -> StressDigest | None:
    """The stress test of a run on its test split; None if `evaluation.stress` is none."""
    conditions = conditions_named(config.evaluation.stress_names, "evaluation.stress", config.model.encoders)
    if not conditions:
        return None
    material = _material_of(config, run, data)
    test = StressTest(
        detector=detector,
        clips=material.clips,
        target=config.data.target,
        threshold=threshold,
        groups=material.groups,
        conditions=conditions,
        how=_how(config, detector),
        seed=config.seed,
        source=material.source,
        key=f"{run.provenance()['detector_hash']} {material.data_hash}",
        heard=channels_heard(config.model.augment, config.data.channel_copies.channels),
        warnings=material.warnings,
        provenance=material.provenance,
    )
    stress(test, run)
    return run.stress_digest()


def stress_on_request(request: StressRequest) -> RunFolder:
    """Runs the stress test that the command was asked for and returns the folder with its files.

    It is the run's folder, or RUN/elsewhere/NAME for another corpus. Raises UserError if a stress test is
    there already, and for an unknown condition, one of what the detector does not read, or data that is not
    there.
    """
    refuse_many_processes("stress")
    run = _run_of(request.source)
    if run and run.folds:
        raise UserError(f"{run.path}: has one detector per fold; give one of them, as in {run.fold(0).path}")
    if run is None:
        check_holds_detector(request.source)
    out = RunFolder(request.out or _folder_of(request, run))
    detector, facts = load_detector(run.detector if run else request.source)
    conditions = conditions_named(request.conditions, "--conditions", facts.model.encoders)
    refuse_existing(out.stress, request.overwrite, request.source)
    config = run.config() if run else None
    material = (
        _own_clips(request, run) if request.corpus is None else _clips_elsewhere(request, facts, config)
    )
    detector = detector.to(best_device())
    test = StressTest(
        detector=detector,
        clips=material.clips,
        target=facts.target,
        threshold=stored_threshold(as_settings(facts.threshold), str(request.source)),
        groups=material.groups,
        conditions=conditions,
        how=replace(_how(config, detector), num_crops=facts.num_crops, whole=facts.whole),
        seed=facts.seed,
        source=material.source,
        key=f"{facts.hashes.weights} {material.data_hash}",
        heard=channels_heard(config.model.augment, config.data.channel_copies.channels) if config else None,
        warnings=material.warnings,
        provenance=material.provenance,
    )
    stress(test, out)
    digest = out.stress_digest()
    if run and digest and out.path.resolve() == run.path.resolve():
        write_json(run.metrics_json, {**run.metrics(), "stress": digest.summary()})
    return out


def _run_of(source: Path) -> RunFolder | None:
    """The run that a path names, itself or by its folder detector/; None for a detector without its run."""
    for path in (source, source.resolve().parent):
        run = RunFolder(path)
        if run.is_begun and (path == source or run.detector.resolve() == source.resolve()):
            return run
    if not source.is_dir():
        raise UserError(f"{source}: neither a run nor a detector is there; give the folder of one")
    return None


def _folder_of(request: StressRequest, run: RunFolder | None) -> Path:
    if run is None:
        raise UserError(f"--out: {request.source} belongs to no run; name the folder to write to with --out")
    return run.elsewhere / request.corpus if request.corpus else run.path


def _how(config: Config | None, detector: Detector) -> HowToScore:
    evaluation = config.evaluation if config else EvaluationConfig()
    return HowToScore(
        num_crops=evaluation.num_crops,
        whole=evaluation.whole,
        batch_size=evaluation.batch_size,
        device=next(detector.parameters()).device,
        workers=config.data.workers if config else None,
    )


def _own_clips(request: StressRequest, run: RunFolder | None) -> _Material:
    """The test split of a run. Raises UserError if its data is not there, or not the same."""
    if run is None:
        raise UserError(
            f"{request.source}: a detector without its run; name the data with --corpus NAME --root PATH"
        )
    config = run.config()
    root = str(request.root) if request.root else config.data.root
    check_data_is_there(root, run, "--root PATH", "--root" if request.root else "data.root")
    as_split = SplitConfig(name="file", path=str(run.split_csv))
    config = replace(config, data=replace(config.data, split=as_split, root=root))
    return _material_of(config, run, load_data(config, data_hash=data_hash_of(run)))


def _material_of(config: Config, run: RunFolder, data: ExperimentData) -> _Material:
    return _Material(
        clips=data.splits["test"],
        groups=config.evaluation.group_columns,
        source="the test split",
        data_hash=data_hash(data.clips),
        warnings=run.warnings(),
        provenance=run.provenance(),
    )


def _clips_elsewhere(request: StressRequest, facts: DetectorFacts, config: Config | None) -> _Material:
    """All clips of another corpus. Raises ConfigError if they are those that the detector was trained on."""
    name = str(request.corpus)
    if request.root is None:
        raise ConfigError(f"--root: say where the corpus {name!r} is, as in --corpus {name} --root PATH")
    data = DataConfig(
        corpus=name,
        root=str(request.root),
        table=dict(request.table),
        cache=config.data.cache if config else DataConfig().cache,
        target=facts.target,
        sample_rate_hz=facts.sample_rate_hz,
        frames=facts.frames.as_config() if facts.frames else FramesConfig(),
    )
    with said_as(OPTIONS_OF_CORPUS):
        decoded = prepare_data_and_frames(Config(data=data, model=facts.model.as_config()))
    prepared = decoded.prepared
    own_hash = data_hash(prepared.clips)
    if own_hash == facts.hashes.data:
        raise ConfigError(
            f"--root: {request.root} is the data of the training; leave --corpus and --root out"
        )
    return _Material(
        clips=LabelledClips(
            prepared.clips,
            prepared.store,
            target=facts.target,
            seconds=facts.seconds,
            skip_start_s=facts.skip_start_s,
            frames=decoded.frames,
        ),
        groups=groups_of(data),
        source=f"all clips of {name}",
        data_hash=own_hash,
        warnings=prepared.warnings,
        provenance={"corpus": name, "data": str(request.root), "data_hash": own_hash, "seed": facts.seed},
    )
