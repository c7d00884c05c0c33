"""The data of one experiment: prepared, parted, and what keeps figures on it from being trusted."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.config.schema import Config, DataConfig
from avdf.corpora.fakeavceleb.index import index
from avdf.data.clips import one_per_track
from avdf.data.dataset import FrameSource, LabelledClips
from avdf.data.preparation import prepare
from avdf.data.probes import PROBES, probe
from avdf.data.splits.rules import PARTS, Split, split_clips, verdict
from avdf.demo.making import is_demo, make_demo
from avdf.errors import ConfigError
from avdf.evaluation.shortcuts import probes_of

_LOG = logging.getLogger(__name__)
_DEMO_SEED = 0


@dataclass(frozen=True, kw_only=True)
class ExperimentData:
    """`parts`: train, validation, test. `probes`: how far each trivial feature alone tells the test part."""

    clips: pd.DataFrame
    skipped: pd.DataFrame
    split: Split
    parts: Mapping[str, LabelledClips]
    probes: Sequence[Mapping[str, Any]]
    warnings: tuple[str, ...]


def load_data(experiment: Config) -> ExperimentData:
    """Makes the demo data if asked for, decodes what is not decoded yet, and parts the clips.

    Raises ConfigError where there is no data or a part of it is left without clips.
    """
    config = experiment.data
    cache, root = Path(config.cache), Path(config.root)
    if config.root == "demo":
        root = make_demo(cache / f"demo-{_DEMO_SEED}", seed=_DEMO_SEED)
    prepared = prepare(
        index(root),
        cache,
        sample_rate_hz=config.sample_rate_hz,
        workers=config.decode_workers or os.cpu_count() or 1,
    )
    split = split_clips(prepared.clips, config.split, experiment.seed, target=config.target)
    warnings = tuple(_warnings(prepared.root, split))
    for line in warnings or (verdict(split.certificate),):
        _LOG.info("%s", line)
    parted = prepared.clips.merge(split.table, on="clip", validate="one_to_one")
    parts = {}
    for name in PARTS:
        clips = parted[parted["split"] == name]
        if clips.empty:
            raise ConfigError(f"data.split: the {name} part is empty; give it a larger share or more clips")
        if name == "train" and _trains_on_each_track_once(config):
            num_before, clips = len(clips), one_per_track(clips)
            _LOG.info("each recording is trained on once: %d of %d clips", len(clips), num_before)
        parts[name] = LabelledClips(
            clips,
            prepared.store,
            target=config.target,
            seconds=config.seconds,
            skip_start_s=config.skip_start_s,
            frames=FrameSource(prepared.root, config.frames) if experiment.model.reads_frames else None,
        )
    counts = ", ".join(f"{name} {len(part)}" for name, part in parts.items())
    _LOG.info("%d clips (%s), %d files left out", len(parted), counts, len(prepared.skipped))
    return ExperimentData(
        clips=prepared.clips,
        skipped=prepared.skipped,
        split=split,
        parts=parts,
        probes=probes_of(_as_heard(parts["test"], config), PROBES),
        warnings=warnings,
    )


def _as_heard(part: LabelledClips, config: DataConfig) -> pd.DataFrame:
    """The clips of a part with `is_fake`, and the probes of what is left of them after the skipped start."""
    clips = part.table.assign(is_fake=part.is_fake)
    if config.skip_start_s == 0:
        return clips
    heard = pd.DataFrame([probe(part.after_skip(index), config.sample_rate_hz) for index in range(len(part))])
    return clips.assign(**{name: heard[name] for name in heard})


def _trains_on_each_track_once(config: DataConfig) -> bool:
    return config.target == "audio" if config.one_per_track is None else config.one_per_track


def _warnings(root: Path, split: Split) -> Iterator[str]:
    """What must be read before any figure."""
    if split.certificate["leaks"]:
        yield verdict(split.certificate)
    if is_demo(root):
        yield "MADE-UP DATA: the demo's voices and faces are made by code; its figures mean nothing elsewhere"
