"""The training clips of an experiment with their copies through channels (`data.channel_copies`)."""

import logging
import os
from pathlib import Path

import pandas as pd

from avdf.channel_copies.making import make_copies
from avdf.config.schema import DataConfig
from avdf.data.dataset import LabelledClips

_LOG = logging.getLogger(__name__)


def with_channel_copies(clips: LabelledClips, config: DataConfig, could_train: pd.DataFrame) -> LabelledClips:
    """The training clips, of which crops are read through channels as well, if the config lists any.

    `could_train`: clip and `parent` of all clips that a training could have, whatever the split. Copies are
    made of those that lie in the shards of these training clips, so that the folds of a data set, and
    trainings without some fakers, share them. Raises UserError if the cache can't be written.
    """
    copies_config = config.channel_copies
    if not copies_config.channels:
        return clips
    parents = _parents(clips.table) | _parents(could_train)
    table = clips.store.table
    shard_of = dict(zip(table["clip"], table["shard"], strict=True))
    used = {shard_of[clip] for clip in clips.table["clip"]}
    copies = make_copies(
        clips.store,
        {clip: parent for clip, parent in sorted(parents.items()) if shard_of.get(clip) in used},
        copies_config,
        Path(config.cache),
        workers=config.decode_workers or os.cpu_count() or 1,
    )
    _LOG.info(
        "channels: %d copies of each training clip, for %.0f %% of the crops",
        copies_config.num_per_clip,
        100 * copies_config.share,
    )
    return clips.with_copies(copies)


def _parents(table: pd.DataFrame) -> dict[str, str]:
    """Clip -> the clip that it was made of, or itself."""
    clips = table["clip"].tolist()
    of_clips = table["parent"].fillna("").tolist() if "parent" in table else [""] * len(clips)
    return {clip: parent or clip for clip, parent in zip(clips, of_clips, strict=True)}
