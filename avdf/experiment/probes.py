"""The probes of test clips: how well each trivial feature alone tells fake from real."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from avdf.config.schema import DataConfig
from avdf.data.dataset import LabelledClips
from avdf.data.probes import SOUND_PROBES, probe, probes_in
from avdf.evaluation.shortcuts import probes_of


def probes_of_test(
    clips: LabelledClips, config: DataConfig, copies: Collection[str] = ()
) -> list[dict[str, Any]]:
    """`[{feature, auc}]` of all probes of the clips, highest AUC first.

    `copies` are the names of clips that are copies of real ones. Probes of the sound have them; those of the
    file leave them out and say so (`without_copies`): make_fakes writes every copy as FLAC, so its codec is
    none of the corpus's flaws, and a detector is given samples alone.
    """
    table = _with_labels_and_probes(clips, config)
    is_copy = table["clip"].isin(list(copies))
    features = probes_in(table)
    if not is_copy.any():
        return probes_of(table, features)
    of_sound = probes_of(table, [name for name in features if name in SOUND_PROBES])
    of_file = probes_of(table[~is_copy], [name for name in features if name not in SOUND_PROBES])
    return [*of_sound, *({**row, "without_copies": True} for row in of_file)]


def _with_labels_and_probes(clips: LabelledClips, config: DataConfig) -> pd.DataFrame:
    """The clips with `is_fake`, and with probes that are measured after the skipped start."""
    table = clips.table.assign(is_fake=clips.is_fake)
    if config.skip_start_s == 0:
        return table
    heard = pd.DataFrame(
        [probe(clips.after_skip(number), config.sample_rate_hz) for number in range(len(clips))]
    )
    return table.assign(**{name: heard[name].where(clips.has_audio) for name in heard})
