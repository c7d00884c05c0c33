"""Where the clips of an experiment come from: one corpus, or several at once, with their tables of people."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avdf.config.loading import typed
from avdf.config.schema import DataConfig, Plugin
from avdf.config.sources import SourceConfig, SpeakersConfig
from avdf.corpora import Corpus, attack_codes_of, index_of, open_corpus, people_of
from avdf.data.clips import Index
from avdf.data.union import Part, join_indexes
from avdf.errors import ConfigError, said_as
from avdf.protocols.speakers import with_speakers

_ROOT = "data.root"
# The settings of another corpus, by the options of the commands that read one.
OPTIONS_OF_CORPUS = {
    _ROOT: "--root",
    "data.corpus": "--corpus",
    "data.table": "--table",
    "data.speakers": "--speakers",
}
_DEMO_FOLDER = "demo-0"  # in the cache


@dataclass(frozen=True, kw_only=True)
class Source:
    """One corpus of an experiment.

    `key`, `settings_key` and `name_key` are where its settings are listed, for messages. `people` is the set
    of names that its people are of, `person` the column of those whose groups a table of people gives.
    """

    name: str
    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    speakers: SpeakersConfig = field(default_factory=SpeakersConfig)
    label: str = ""
    people: str | None = None
    key: str = "data"
    settings_key: str = "data.table"
    name_key: str = "data.corpus"
    person: str = "voice"

    @property
    def groups(self) -> tuple[str, ...]:
        """The group columns of its clips: those of the corpus, and those of its table of people."""
        return (*self._corpus().groups, *self.speakers.groups)

    @property
    def attack_codes(self) -> str:
        """The set of codes that its attacks are called by; "" where they are called by names of systems."""
        return attack_codes_of(self._corpus())

    def index(self) -> Index:
        """Lists its clips without opening a media file. Raises ConfigError, TableError."""
        with said_as({_ROOT: f"{self.key}.root"}):
            index = index_of(self._corpus(), self.name, self.root)
        return with_speakers(index, self.speakers, f"{self.key}.speakers", self.person)

    def part(self) -> Part:
        """Its index as one of several."""
        people = self.people or people_of(self._corpus()) or self.label
        return Part(index=self.index(), people=people)

    def _corpus(self) -> Corpus:
        return open_corpus(self.name, self.settings, self.settings_key, self.name_key)


def sources_of(config: DataConfig) -> list[Source]:
    """The corpora of the data, in the order of the config. Raises ConfigError with the key."""
    if not config.sources:
        return [_only_source(config)]
    sources = [_source(f"data.sources[{number}]", item, config) for number, item in enumerate(config.sources)]
    counts = Counter(source.label for source in sources)
    if repeated := [label for label, count in counts.items() if count > 1]:
        raise ConfigError(f"data.sources: two are called {repeated[0]!r}; give one of them an alias")
    return sources


def groups_of(config: DataConfig) -> list[str]:
    """The group columns of the data: those of every corpus. Raises ConfigError."""
    return list(dict.fromkeys(name for source in sources_of(config) for name in source.groups))


def index_data(config: DataConfig) -> Index:
    """Lists the clips of the data without opening a media file. Raises ConfigError, TableError."""
    sources = sources_of(config)
    if not config.sources:
        return sources[0].index()
    return join_indexes({source.label: source.part() for source in sources})


def roots_of(config: DataConfig) -> list[str]:
    """The folders of the data as the config names them; `demo` for the made-up data."""
    return [str(item.get("root")) for item in config.sources] or [config.root]


def _only_source(config: DataConfig) -> Source:
    """The corpus of `root` and `corpus`; `root: demo` is the demo corpus, kept in the cache."""
    if config.table and config.corpus != "table":
        raise ConfigError(f"data.table: goes with data.corpus: table, got {config.corpus}")
    name, root = _place(_ROOT, config.corpus, config.root, config)
    person = _person(config)
    return Source(
        name=name, root=root, settings=config.table, speakers=config.speakers, label=name, person=person
    )


def _source(key: str, item: Plugin, config: DataConfig) -> Source:
    """One entry of `data.sources`: the settings of a source, and those of its plugin."""
    known = SourceConfig.__dataclass_fields__
    own = typed(SourceConfig, {name: value for name, value in item.items() if name in known}, key)
    name, root = _place(f"{key}.root", own.name, own.root, config)
    return Source(
        name=name,
        root=root,
        settings={name: value for name, value in item.items() if name not in known},
        speakers=typed(SpeakersConfig, own.speakers, f"{key}.speakers"),
        label=own.label,
        people=own.people,
        key=key,
        settings_key=key,
        name_key=f"{key}.name",
        person=_person(config),
    )


def _person(config: DataConfig) -> str:
    """The column of the person that a clip counts for: whose voice it is, or of pictures whose face."""
    return "source" if config.target == "video" else "voice"


def _place(key: str, name: str, root: str, config: DataConfig) -> tuple[str, Path]:
    """The plugin and the folder; `demo` is a folder in the cache. Raises ConfigError for another corpus."""
    if root != "demo":
        return name, Path(root)
    if name not in ("fakeavceleb", "demo"):
        raise ConfigError(f"{key}: give the folder of the corpus {name!r}; `demo` is the made-up data")
    return "demo", Path(config.cache) / _DEMO_FOLDER
