"""Corpora: a data set on disk -> clip table. One plugin per corpus; docs/data.md shows how to add one."""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pandas as pd

from avdf.config.loading import typed
from avdf.data.clips import REQUIRED_COLUMNS, Index, check_clips, group_columns, with_attacks
from avdf.errors import ConfigError
from avdf.registry import Registry

CORPORA = Registry("corpus", "avdf.corpora")


class Corpus(Protocol):
    """What a plugin of this package offers; its constructor takes its config."""

    groups: tuple[str, ...]  # group columns of the clip table, in the order of every report
    attacks: tuple[str, ...]  # values of `method` that are fakes; empty if only the files list them
    official_splits: tuple[str, ...]  # splits published with the corpus; empty if there are none

    def index(self, root: Path) -> Index:
        """Lists the clips below `root` without opening a media file. Raises ConfigError, TableError."""


def open_corpus(name: str) -> Corpus:
    """The plugin of that name with its default settings. Raises ConfigError with the nearest name."""
    try:
        registered = CORPORA.get(name)
    except ConfigError as error:
        raise ConfigError(f"data.corpus: {error}") from error
    corpus: Corpus = registered.plugin_class(typed(registered.config_class, {}, "data.corpus"))
    return corpus


def index_corpus(name: str, root: Path) -> Index:
    """Lists the clips of the corpus `name` below `root`, and checks the table.

    Raises ConfigError if there is no such corpus or folder, TableError if the table fails its checks.
    """
    corpus = open_corpus(name)
    index = corpus.index(Path(root))
    needed = (*REQUIRED_COLUMNS, "size_bytes")
    if missing := [column for column in needed if column not in index.clips.columns]:
        raise ConfigError(f"data.corpus: the clip table of plugin {name!r} lacks the column {missing[0]!r}")
    check_clips(index.clips)
    columns = tuple(group_columns(index.clips))
    if columns != tuple(corpus.groups):
        raise ConfigError(
            f"data.corpus: the plugin {name!r} declares the group columns {corpus.groups}, but its clip "
            f"table has {columns} between 'method' and 'source'; make both the same"
        )
    counts = {"num_rows": 0, "num_files": len(index.clips), "num_duplicate_rows": 0}
    return replace(index, clips=with_attacks(index.clips), summary=counts | index.summary)


def read_corpus(name: str, root: str | Path) -> pd.DataFrame:
    """The clip table of a corpus: one row per clip, sorted by name, before any audio is decoded.

    Columns: docs/data.md. Raises ConfigError if there is no such corpus or folder.

    >>> clips = read_corpus("fakeavceleb", "FakeAVCeleb_v1.2")
    >>> clips.loc[0, ["clip", "race", "gender", "voice"]].tolist()
    ['RealVideo-FakeAudio/African/men/id00001/00000_fake.mp4', 'African', 'men', 'id00001']
    """
    return index_corpus(name, Path(root)).clips.sort_values("clip", ignore_index=True)
