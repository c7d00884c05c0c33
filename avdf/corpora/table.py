"""Any data set with a table: CSV, TSV, JSON, JSON lines or Parquet, whose columns are named in the settings.

data.root is the table, or the folder of the media; `data.table` names the columns (docs/corpora.md).
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from avdf.config.schema import SPLITS
from avdf.config.sources import PATH
from avdf.corpora import CORPORA, Described
from avdf.data.clips import OWN_COLUMNS, Index
from avdf.errors import ConfigError
from avdf.protocols.description import (
    FAKE,
    GENDERS,
    REAL,
    SAME,
    UNLABELLED,
    Card,
    Delimited,
    Description,
    Field,
    JsonList,
    ParquetTable,
    Source,
    Tables,
)
from avdf.protocols.rows import delimiter_of
from avdf.table_files import BONAFIDE_SPELLINGS, FAKE_WORDS, REAL_WORDS

_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet")
_LABELS = {
    **dict.fromkeys((*REAL_WORDS, *BONAFIDE_SPELLINGS, "0", "0.0", "false"), REAL),
    **dict.fromkeys((*FAKE_WORDS, "1", "1.0", "true"), FAKE),
    **dict.fromkeys(("", "-", "unknown", "unlabelled"), UNLABELLED),
}
_SPLIT_WORDS = (
    *(("train", "training", "trn"), ("validation", "valid", "val", "development", "dev")),
    ("test", "testing", "evaluation", "eval"),
)
_SPLITS = {word: split for split, words in zip(SPLITS, _SPLIT_WORDS, strict=True) for word in words}
_SPLITS |= dict.fromkeys(("", "-"), "")


@dataclass(frozen=True, kw_only=True)
class TableConfig:
    """Columns of the table. Words for real and fake that are not known are listed in `real` and `fake`."""

    file: str | None = field(default=None, metadata={PATH: True})  # the table, if root holds several or none
    path: str = "path"  # of the media file, below the root; its start and its media suffix may be missing
    label: str | None = "label"  # whether the sound is fake; null: all sound is real
    video_label: str | None = None  # whether the picture is fake; default: all pictures are real
    speaker: str | None = None  # whose voice it is; without it each clip counts as a person
    attack: str | None = None  # the system that made the sound
    video_attack: str | None = None  # the system that made the picture
    split: str | None = None  # train, validation or test of an official split
    language: str | None = None
    segments: str | None = None  # fake stretches in seconds, as 0.5-1.2;3-3.4 or [[0.5, 1.2], [3, 3.4]]
    groups: list[str] = field(default_factory=list)  # group columns, such as [gender, accent]
    real: list[str] = field(default_factory=list)  # further words for real
    fake: list[str] = field(default_factory=list)  # further words for fake

    def __post_init__(self) -> None:
        if self.label is None and self.video_label is None:
            raise ValueError("label or video_label must name a column")
        if names := sorted(set(self.groups) & OWN_COLUMNS):
            raise ValueError(
                f"groups: {names[0]!r} is a column of every table of clips or scores; rename the column"
            )
        if both := set(self.real) & set(self.fake):
            raise ValueError(f"real and fake both list {sorted(both)[0]!r}")


@CORPORA.register("table", TableConfig)
class Table:
    """A table of clips with columns of any name."""

    attacks: tuple[str, ...] = ()
    card = Card(
        modalities=("audio", "video"),
        labels="real, bonafide, genuine, 0 and fake, spoof, deepfake, 1; others as data.table says",
        licence="yours",
        access="nobody: it is your own data",
        flaws=("without a speaker column each clip counts as a person, and intervals are too narrow",),
    )

    def __init__(self, config: TableConfig) -> None:
        self.config = config
        self.groups = tuple(config.groups)
        self.official_splits = SPLITS if config.split else ()

    def index(self, root: Path) -> Index:
        """Lists the clips of the table in `root`, or of `root` itself. Raises ConfigError, TableError."""
        table = _table_of(root, self.config.file)
        source = replace(_source(self.config), rows=_rows_of(table))
        description = Description(
            title=f"the table {table.name}", card=self.card, sources=(source,), groups=self.groups
        )
        return Described(description).index(root if root.is_dir() else root.parent)


def _rows_of(table: Path) -> Tables:
    """How the table is read, by the end of its name."""
    names, kind = (str(table),), _kind_of(table)
    if kind == ".parquet":
        return ParquetTable(names=names)
    if kind in (".json", ".jsonl"):
        return JsonList(names=names, lines=kind == ".jsonl")
    return Delimited(names=names, delimiter=delimiter_of(table))


def _kind_of(table: Path) -> str:
    """The suffix in lower case, without that of gzip."""
    return Path(table.name.lower().removesuffix(".gz")).suffix


def _table_of(root: Path, file: str | None) -> Path:
    """The table: `file`, the root itself, or the only one in the root. Raises ConfigError."""
    if file is not None:
        path = Path(file) if Path(file).is_file() else root / file
    elif not root.is_dir():
        path = root
    else:
        found = [path for path in sorted(root.iterdir()) if _kind_of(path) in _SUFFIXES]
        found = [path for path in found if path.is_file() and not path.name.startswith(".")]
        if len(found) != 1:
            names = f"several tables ({', '.join(path.name for path in found[:5])})" if found else "no table"
            raise ConfigError(f"data.table.file: {str(root)!r} holds {names}; name the one to read")
        path = found[0]
    if not path.is_file():
        raise ConfigError(f"data.table.file: no file {str(path)!r}")
    return path.absolute()


def _source(config: TableConfig) -> Source:
    words = {
        **_LABELS,
        **dict.fromkeys(_lower(config.real), REAL),
        **dict.fromkeys(_lower(config.fake), FAKE),
    }

    def label(column: str | None) -> Field:
        return Field(column=column, words=words) if column else Field(constant=REAL)

    def column(name: str | None) -> Field:
        return Field(column=name or "")

    return Source(
        rows=Delimited(names=()),
        file=Field(column=config.path),
        audio=label(config.label),
        video=label(config.video_label),
        audio_attack=column(config.attack),
        video_attack=column(config.video_attack),
        speaker=Field(column=config.speaker) if config.speaker else None,
        groups={
            name: Field(
                column=name, words=GENDERS if name.lower() in ("gender", "sex") else {}, otherwise=SAME
            )
            for name in config.groups
        },
        official_split=Field(column=config.split, words=_SPLITS) if config.split else None,
        language=Field(column=config.language) if config.language else None,
        segments=config.segments or "",
    )


def _lower(words: list[str]) -> list[str]:
    return [word.lower() for word in words]
