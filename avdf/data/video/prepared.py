"""The frames of prepared clips, of one corpus or of several."""

from pathlib import Path

import pandas as pd

from avdf.config.schema import FramesConfig
from avdf.data.audio.shard_set import Decoding
from avdf.data.preparation import Prepared
from avdf.data.video.store import FrameStore, join_frames, open_frames


def frames_of(prepared: Prepared, cache: Path, config: FramesConfig, *, workers: int) -> FrameStore:
    """Decodes the frames of prepared clips that no earlier call has decoded. Raises UserError."""
    table = prepared.store.table[["clip", "audio_start_s", "duration_s"]]
    decoding = Decoding(sample_rate_hz=prepared.store.sample_rate_hz, workers=workers)
    stores = {
        name: open_frames(root, _of_root(table, name), cache, config, decoding)
        for name, root in prepared.roots.items()
    }
    return join_frames(stores)


def _of_root(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one corpus, with the names that clips have in it alone."""
    if not name:
        return table
    of_root = table[table["clip"].str.startswith(f"{name}/")]
    return of_root.assign(clip=of_root["clip"].str.removeprefix(f"{name}/"))
