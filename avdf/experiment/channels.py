"""Clips of an experiment through channels (`data.channel_copies`), in training and for the threshold."""

import logging
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from accelerate import Accelerator

from avdf.channel_copies.making import make_copies
from avdf.channel_copies.plan import copy_name
from avdf.config.evaluation import WHOLES, Whole
from avdf.config.schema import Config, DataConfig
from avdf.data.audio.store import SILENT
from avdf.data.copies import ClipCopies
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector
from avdf.experiment.data import ExperimentData
from avdf.experiment.scores import score_split_each_way

_LOG = logging.getLogger(__name__)


def with_channel_copies(clips: LabelledClips, config: DataConfig, could_train: pd.DataFrame) -> LabelledClips:
    """The training clips, of which crops are read through channels as well, if the config lists any.

    `could_train`: clip and `parent` of all clips that a training could have, whatever the split. Copies are
    made of those that lie in the shards of these training clips, so that the folds of a data set, and
    trainings without some fakers, share them. Raises UserError if the cache can't be written.
    """
    if not config.channel_copies.channels:
        return clips
    parents = _parents(clips.table) | _parents(could_train)
    _LOG.info(
        "channels: %d copies of each training clip, for %.0f %% of the crops",
        config.channel_copies.num_per_clip,
        100 * config.channel_copies.share,
    )
    return clips.with_copies(_copies(clips, config, parents))


def validation_through_channels(
    config: Config, detector: Detector, data: ExperimentData, accelerator: Accelerator
) -> dict[Whole, pd.DataFrame]:
    """The score tables of validation through the channels of training, each recording once per channel.

    A row is a copy, its `clip` NUMBER/CLIP. Copies are made where they are missing: raises UserError if the
    cache can't be written.
    """
    clips = data.splits["validation"]
    # Copies of other clips than these would make those shards again that training has, too.
    clips = clips.selected(np.flatnonzero(clips.table["clip"].isin(data.could_train["clip"])))
    with accelerator.main_process_first():  # the other processes read what the first has made
        copies = _copies(clips, config.data, _parents(data.could_train))
    tables: dict[Whole, list[pd.DataFrame]] = {whole: [] for whole in WHOLES}
    for number in range(copies.num_per_clip):
        names = [copy_name(clip, number) for clip in clips.table["clip"]]
        through = LabelledClips(
            clips.table.assign(clip=names),
            copies.store,
            target=config.data.target,
            seconds=config.data.seconds,
            skip_start_s=config.data.skip_start_s,
        )
        heard = replace(data, splits={**data.splits, "validation": through})
        for whole, table in score_split_each_way(config, detector, heard, "validation", accelerator).items():
            tables[whole].append(table)
    return {whole: pd.concat(of_copies, ignore_index=True) for whole, of_copies in tables.items()}


def _copies(clips: LabelledClips, config: DataConfig, parents: dict[str, str]) -> ClipCopies:
    """Copies of the clips in `parents` that lie in the shards of `clips`."""
    table = clips.store.table
    shard_of = dict(zip(table["clip"], table["shard"], strict=True))
    used = {shard_of[clip] for clip in clips.table["clip"]} - {SILENT}
    return make_copies(
        clips.store,
        {clip: parent for clip, parent in sorted(parents.items()) if shard_of.get(clip) in used},
        config.channel_copies,
        Path(config.cache),
        workers=config.decode_workers or os.cpu_count() or 1,
    )


def _parents(table: pd.DataFrame) -> dict[str, str]:
    """Clip -> the clip that it was made of, or itself."""
    clips = table["clip"].tolist()
    of_clips = table["parent"].fillna("").tolist() if "parent" in table else [""] * len(clips)
    return {clip: parent or clip for clip, parent in zip(clips, of_clips, strict=True)}
