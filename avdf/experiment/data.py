"""The data of one experiment: read, decoded, split, and its warnings."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.config.schema import SPLITS, Config, DataConfig
from avdf.data.clips import Index, is_fake, one_per_track, with_policy
from avdf.data.clips import data_hash as hash_of_data
from avdf.data.dataset import LabelledClips
from avdf.data.preparation import Prepared, prepare, prepare_what_sounds
from avdf.data.splits.certificate import verdict
from avdf.data.splits.rules import Split
from avdf.data.video.prepared import with_pictures
from avdf.data.video.presence import Needs
from avdf.data.video.store import FrameStore
from avdf.demo.marker import MADE_UP, is_demo
from avdf.errors import ConfigError, UserError
from avdf.experiment.copies_in_splits import Fakes, split_with_copies
from avdf.experiment.data_warnings import (
    corpora_warnings,
    groups_without_clips,
    lost_groups,
    missing_group_warnings,
    missing_modality_warnings,
    no_face_warnings,
    no_groups_warnings,
    shared_faces_warnings,
    shared_warnings,
    skipped_warnings,
    unknown_group_warnings,
)
from avdf.experiment.fakes import read_copies
from avdf.experiment.probes import probes_of_test
from avdf.experiment.sources import index_data

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PreparedData:
    """The clips of a data set before they are split: what the corpus lists, and what of it is decoded."""

    listed: Index
    prepared: Prepared
    frames: FrameStore | None = None  # where an encoder looks at them


@dataclass(frozen=True, kw_only=True)
class ExperimentData:
    """The clips of each split, and the facts about the data that a report states.

    `splits`: train, validation, test. `skipped`: clip, reason, detail of every file that was left out.
    `probes`: how well each trivial feature alone tells fake from real in test. `lost_groups`: groups of the
    data set of which no clip could be read. `could_train`: clip and parent ("" for none) of all clips that a
    training could have, whatever the split.
    """

    clips: pd.DataFrame
    skipped: pd.DataFrame
    split: Split
    splits: Mapping[str, LabelledClips]
    probes: Sequence[Mapping[str, Any]]
    warnings: tuple[str, ...]
    lost_groups: tuple[str, ...]
    could_train: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"clip": [], "parent": []}))


def prepare_data(config: DataConfig, *, sees: bool = False) -> PreparedData:
    """Makes the demo data if asked for, and decodes what is not decoded yet. Raises ConfigError.

    That is the sound; where a detector `sees`, there may be none.
    """
    listed = index_data(config)
    listed = replace(listed, clips=with_policy(listed.clips, config.neural_codec_is))
    prepared = (prepare_what_sounds if sees else prepare)(
        listed,
        Path(config.cache),
        sample_rate_hz=config.sample_rate_hz,
        workers=config.decode_workers or os.cpu_count() or 1,
    )
    return PreparedData(listed=listed, prepared=prepared)


def prepare_data_and_frames(config: Config) -> PreparedData:
    """As `prepare_data`, and decodes the frames if an encoder looks at them. Raises UserError."""
    return _with_frames(prepare_data(config.data, sees=config.model.reads_frames), config)


def _with_frames(data: PreparedData, config: Config) -> PreparedData:
    """The same with pictures, where the config has an encoder that looks at them.

    Clips without sound are then among the clips, and those are left out that the detector can't be judged on.
    """
    if data.frames is not None or not config.model.reads_frames:
        return data
    from avdf.detector import compares  # here: without pictures, data is read without loading torch

    settings, model = config.data, config.model
    workers = settings.decode_workers or os.cpu_count() or 1
    seen = with_pictures(
        data.listed,
        data.prepared,
        Path(settings.cache),
        settings.frames,
        needs=Needs(tuple(model.encoders), settings.target, compares(model)),
        workers=workers,
    )
    return replace(data, prepared=seen.prepared, frames=seen.frames)


def load_data(
    config: Config, *, data_hash: str | None = None, prepared_data: PreparedData | None = None
) -> ExperimentData:
    """Splits the clips of `prepared_data`, which is prepared first if it is not given.

    Raises ConfigError if there is no data or a split is left without clips, UserError if the data has
    another hash than `data_hash`, which a run was started with.
    """
    data = _with_frames(prepared_data or prepare_data(config.data, sees=config.model.reads_frames), config)
    listed, prepared = data.listed, data.prepared
    if data_hash is not None and hash_of_data(prepared.clips) != data_hash:
        raise UserError(
            f"data.root: {config.data.root} is not the data that the run was started with: files were added, "
            "removed, changed or relabelled; name the folder of the same data, or start a new run"
        )
    copies = read_copies(config.data, prepared)
    split, fakes = split_with_copies(config.data, config.seed, prepared, copies)
    warnings = (*_warnings(data, split, config), *(fakes.warnings if fakes else ()))
    for line in dict.fromkeys([*warnings, verdict(split.certificate)]):
        _LOG.info("%s", line)
    splits = _labelled_splits(data, split, config, fakes)
    counts = ", ".join(f"{name} {len(clips)}" for name, clips in splits.items())
    _LOG.info("%d clips (%s), %d files left out", len(split.table), counts, len(prepared.skipped))
    lost = groups_without_clips(listed.clips, prepared.clips, config.evaluation.group_columns)
    return ExperimentData(
        clips=prepared.clips,
        skipped=prepared.skipped,
        split=split,
        splits=splits,
        could_train=_could_train(prepared, config.data, fakes),
        probes=probes_of_test(splits["test"], config.data, fakes.clips["clip"] if fakes else ()),
        warnings=warnings,
        lost_groups=tuple(lost_groups(lost, prepared.skipped)),
    )


def _labelled_splits(
    data: PreparedData, split: Split, config: Config, fakes: Fakes | None
) -> dict[str, LabelledClips]:
    """The clips of each split, with their copies. Raises ConfigError for an empty one."""
    if fakes and config.model.reads_frames:
        raise ConfigError("data.fakes: copies have no picture; train without model.encoders.video")
    prepared, frames = data.prepared, data.frames if config.model.reads_frames else None
    clips = prepared.clips.merge(split.table, on="clip", validate="one_to_one")
    splits = {}
    for name in SPLITS:
        of_split = clips[clips["split"] == name]
        if of_split.empty:
            raise ConfigError(f"data.split: the {name} split is empty; give it a larger share or more clips")
        if name == "train" and _trains_on_each_track_once(config.data):
            num_before, of_split = len(of_split), one_per_track(of_split)
            _LOG.info("each recording is trained on once: %d of %d clips", len(of_split), num_before)
        if not config.data.fakes.uses_corpus_fakes(name):
            of_split = of_split[~is_fake(of_split, config.data.target)]
        if fakes is not None:
            copies = fakes.clips[fakes.clips["split"] == name]
            of_split = pd.concat([of_split, copies], ignore_index=True) if len(copies) else of_split
            _LOG.info("%s: %d copies of real clips", name, len(copies))
        splits[name] = LabelledClips(
            of_split,
            fakes.store if fakes else prepared.store,
            target=config.data.target,
            seconds=config.data.seconds,
            skip_start_s=config.data.skip_start_s,
            frames=frames,
        )
    return splits


def real_clips(clips: LabelledClips) -> LabelledClips:
    """Those of which neither sound nor picture is fake. Raises ConfigError if there are none."""
    chosen = clips.selected(np.flatnonzero(~is_fake(clips.table, "any")))
    if len(chosen) == 0:
        raise ConfigError("model.fusion: learns from real clips alone, and the train split has none")
    _LOG.info("trained on real clips alone: %d of %d", len(chosen), len(clips))
    return chosen


def _could_train(prepared: Prepared, config: DataConfig, fakes: Fakes | None) -> pd.DataFrame:
    clips = one_per_track(prepared.clips) if _trains_on_each_track_once(config) else prepared.clips
    known = clips[["clip"]].assign(parent="")
    return known if fakes is None else pd.concat([known, fakes.parents], ignore_index=True)


def _trains_on_each_track_once(config: DataConfig) -> bool:
    return config.target == "audio" if config.one_per_track is None else config.one_per_track


def _warnings(data: PreparedData, split: Split, config: Config) -> Iterator[str]:
    """The warnings that a report shows before any metric, the most severe first."""
    listed, prepared, groups = data.listed, data.prepared, config.evaluation.group_columns
    in_test = split.table["clip"][split.table["split"] == "test"]
    test = prepared.clips[prepared.clips["clip"].isin(in_test)]
    yield from unknown_group_warnings(prepared.skipped)
    yield from missing_group_warnings(groups_without_clips(listed.clips, test, groups))
    yield from prepared.warnings  # those of the listing among them
    if split.certificate["leaks"]:
        yield verdict(split.certificate)
    is_said = any(MADE_UP in line for line in listed.warnings)
    if not is_said and any(map(is_demo, prepared.roots.values())):
        yield MADE_UP
    yield from corpora_warnings(prepared.clips, is_fake(prepared.clips, config.data.target))
    yield from shared_warnings(split.certificate)
    yield from shared_faces_warnings(split.certificate, looks=config.model.reads_frames)
    yield from no_groups_warnings(groups)
    yield from skipped_warnings(prepared.skipped)
    yield from no_face_warnings(test, groups)
    hears = "audio" in config.model.encoders
    yield from missing_modality_warnings(data.frames, prepared.unheard, test["clip"].tolist(), hears=hears)
