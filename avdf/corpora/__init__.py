"""Corpora: a data set on disk -> clip table. One plugin per corpus; docs/corpora.md shows how to add one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from avdf.config.loading import typed
from avdf.data.clips import REQUIRED_COLUMNS, Index, check_clips, group_columns, with_attacks
from avdf.errors import ConfigError
from avdf.protocols.description import Card, Description
from avdf.protocols.indexing import index_described
from avdf.registry import Registered, Registry

CORPORA = Registry("corpus", "avdf.corpora")


class Corpus(Protocol):
    """What a plugin of this package offers; its constructor takes its config."""

    groups: tuple[str, ...]  # group columns of the clip table, in the order of every report
    attacks: tuple[str, ...]  # values of `method` that are fakes; empty if only the files list them
    official_splits: tuple[str, ...]  # splits published with the corpus; empty if there are none

    def index(self, root: Path) -> Index:
        """Lists the clips below `root` without opening a media file. Raises ConfigError, TableError."""


@dataclass(frozen=True, kw_only=True)
class NoSettings:
    """The config of a corpus that its description says all of."""


class Described:
    """A corpus that is read as its description says."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self.card = description.card
        self.people = description.people
        self.attack_codes = description.attack_codes
        self.groups = description.groups
        self.attacks = description.attacks
        self.official_splits = description.official_splits

    def index(self, root: Path) -> Index:
        """Lists the clips below `root`. Raises ConfigError, TableError."""
        return index_described(self.description, root)


def register(module: str, description: Description) -> None:
    """Registers the corpus of a plugin file, whose `__name__` is `module`; the end of it is the name."""
    name = module.rpartition(".")[2]
    CORPORA.add(Registered(name, NoSettings, lambda config: Described(description), False, module))


def open_corpus(
    name: str,
    settings: Mapping[str, Any] | None = None,
    key: str = "data.corpus",
    named_by: str | None = None,
) -> Corpus:
    """The plugin of that name with its settings, which are listed under `key`.

    Raises ConfigError with the nearest name; `named_by` is the key that holds the name.
    """
    try:
        registered = CORPORA.get(name)
    except ConfigError as error:
        raise ConfigError(f"{named_by or key}: {error}") from error
    if settings and registered.config_class is NoSettings:
        raise ConfigError(f"{key}: the corpus {name!r} has no settings; leave out {', '.join(settings)}")
    corpus: Corpus = registered.plugin_class(typed(registered.config_class, settings or {}, key))
    return corpus


def card_of(corpus: Corpus) -> Card | None:
    """What a person must know of a corpus; None if its plugin has no card."""
    return getattr(corpus, "card", None)


def people_of(corpus: Corpus) -> str:
    """The set of identities that the people of a corpus are of, such as voxceleb; "" for a set of its own."""
    return str(getattr(corpus, "people", ""))


def attack_codes_of(corpus: Corpus) -> str:
    """The set of codes that its attacks are called by; "" where they are called by the names of systems."""
    return str(getattr(corpus, "attack_codes", ""))


def index_corpus(name: str, root: Path, settings: Mapping[str, Any] | None = None) -> Index:
    """Lists the clips of the corpus `name` below `root`, and checks the table.

    Raises ConfigError if there is no such corpus or folder, TableError if the table fails its checks.
    """
    return index_of(open_corpus(name, settings), name, Path(root))


def index_of(corpus: Corpus, name: str, root: Path) -> Index:
    """Lists the clips of an opened corpus, as `index_corpus`."""
    index = corpus.index(root)
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


def read_corpus(name: str, root: str | Path, settings: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The clip table of a corpus: one row per clip, sorted by name, before any audio is decoded.

    `settings` are those of the plugin, as for `table`. Columns: docs/data.md. Raises ConfigError if there is
    no such corpus or folder.

    >>> clips = read_corpus("fakeavceleb", "FakeAVCeleb_v1.2")
    >>> clips.loc[0, ["clip", "race", "gender", "voice"]].tolist()
    ['RealVideo-FakeAudio/African/men/id00001/00000_fake.mp4', 'African', 'men', 'id00001']
    """
    return index_corpus(name, Path(root), settings).clips.sort_values("clip", ignore_index=True)
