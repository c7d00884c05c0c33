"""Where the clips of an experiment come from: one corpus, or several at once, with their tables of people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avdf.config.schema import DataConfig
from avdf.config.sources import SpeakersConfig
from avdf.corpora import Corpus, index_of, open_corpus
from avdf.data.clips import Index
from avdf.errors import ConfigError
from avdf.protocols.speakers import with_speakers

_DEMO_FOLDER = "demo-0"  # in the cache


@dataclass(frozen=True, kw_only=True)
class Source:
    """One corpus of an experiment. `key` is where its settings are listed."""

    name: str
    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    speakers: SpeakersConfig = field(default_factory=SpeakersConfig)
    key: str = "data"

    @property
    def groups(self) -> tuple[str, ...]:
        """The group columns of its clips: those of the corpus, and those of its table of people."""
        return (*self._corpus().groups, *self.speakers.groups)

    def index(self) -> Index:
        """Lists its clips without opening a media file. Raises ConfigError, TableError."""
        index = index_of(self._corpus(), self.name, self.root)
        return with_speakers(index, self.speakers, f"{self.key}.speakers")

    def _corpus(self) -> Corpus:
        return open_corpus(self.name, self.settings, f"{self.key}.table", f"{self.key}.corpus")


def source_of(config: DataConfig) -> Source:
    """The corpus of the data; `root: demo` is the demo corpus, kept in the cache.

    Raises ConfigError if another corpus has no folder, or settings of a table come without one.
    """
    if config.table and config.corpus != "table":
        raise ConfigError(f"data.table: goes with data.corpus: table, got {config.corpus}")
    if config.root != "demo":
        return Source(
            name=config.corpus, root=Path(config.root), settings=config.table, speakers=config.speakers
        )
    if config.corpus not in ("fakeavceleb", "demo"):
        raise ConfigError(
            f"data.root: give the folder of the corpus {config.corpus!r}; the default is the demo data"
        )
    return Source(name="demo", root=Path(config.cache) / _DEMO_FOLDER, speakers=config.speakers)


def groups_of(config: DataConfig) -> list[str]:
    """The group columns of the data. Raises ConfigError."""
    return list(source_of(config).groups)


def index_data(config: DataConfig) -> Index:
    """Lists the clips of the data without opening a media file. Raises ConfigError, TableError."""
    return source_of(config).index()
