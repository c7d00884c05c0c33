"""The description of a corpus: where its rows are, and which column says what. Data, no code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from avdf.table_files import cell_text

REAL, FAKE, UNLABELLED = "real", "fake", "unlabelled"
SAME = "@same"  # `otherwise`: a word that is not in the alias table is kept as it is
TABLE = "@table"  # the column that holds the name of the table a row is from
PATH = "@path"  # the column that holds the path of the table, or of the file that a pattern fits
Row = dict[str, Any]
BONAFIDE_SPOOF = {"bonafide": REAL, "bona-fide": REAL, "spoof": FAKE}
GENDERS = {
    **dict.fromkeys(("m", "male", "man", "men"), "men"),
    **dict.fromkeys(("f", "female", "woman", "women"), "women"),
    **dict.fromkeys(("", "-", "?", "u", "unknown", "nan", "none", "null", "n/a", "mix", "mixed"), ""),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value of a clip: a column, the part of it that a pattern finds, or a constant.

    `column` may be several, as in `a|b`: the first that is not blank.
    `words` is an alias table, compared in lower case; a word that is not in it is unknown, or becomes
    `otherwise`. `pattern` is a regular expression whose first group is the value, "" where it does not fit.
    """

    column: str = ""
    pattern: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    constant: str = ""
    optional: bool = False  # the column may be missing; its value is "" then

    def value(self, row: Row) -> str | None:
        """The value in a row; None if its word is not in the alias table."""
        if not self.column:
            return self.constant
        word = self.word(row)
        if self.pattern:
            found = self._pattern.search(word)
            word = (found[1] or "") if found else ""
        if not self.words:
            return word
        known = self.words.get(word.lower(), self.otherwise)
        return word if known == SAME else known

    def word(self, row: Row) -> str:
        """What the column says, before the pattern and the alias table."""
        if len(self.columns) == 1:
            return cell_text(row.get(self.column))
        return next((word for name in self.columns if (word := cell_text(row.get(name)))), "")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names in `column`."""
        return tuple(self.column.split("|")) if self.column else ()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


@dataclass(frozen=True, kw_only=True)
class Delimited:
    """Text tables, found by the end of their paths: `a/b.txt|b.txt` is the first of both that is there.

    `layouts` are the column names of tables without a header, by their number of columns; without any,
    the first line is the header. Every name in `names` is read. `delimiter` None is any white space.
    `rest`: further separators belong to the last column. Not `quoted`: a quote is a letter.
    """

    names: tuple[str, ...]
    delimiter: str | None = ","
    layouts: tuple[tuple[str, ...], ...] = ()
    quoted: bool = True
    rest: bool = False
    needed: bool = True  # whether it is worth a warning that a table is missing


@dataclass(frozen=True, kw_only=True)
class JsonList:
    """JSON files that hold a list of objects, or with `lines` one object per line; found as `Delimited`."""

    names: tuple[str, ...]
    lines: bool = False


@dataclass(frozen=True, kw_only=True)
class ParquetTable:
    """Parquet files, found as `Delimited`; the members of a struct are columns called STRUCT.MEMBER."""

    names: tuple[str, ...]


Tables = Delimited | JsonList | ParquetTable


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Files without a table: a regular expression of their paths, whose named groups are the columns."""

    pattern: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of row of a corpus, and what its columns say of a clip.

    `audio` and `video` are REAL, FAKE or UNLABELLED. `speaker` is whose voice is heard; without it each
    clip is a person. `segments` are fake stretches, as [[start, end], ...] or text, in seconds.
    `more` are further columns of the clip table.
    """

    rows: Tables | Folders
    file: Field  # path or name of the media file; a media suffix may be missing or another
    audio: Field
    folder: Field | None = None  # decides between files of one name in several folders
    video: Field = Field(constant=REAL)
    audio_attack: Field = Field()
    video_attack: Field = Field()
    speaker: Field | None = None
    speaker_rule: str = "protocol"  # how the speaker is known: voice_rule of the clip table
    donor: Field | None = None  # the person whose recording or text a fake was made from
    groups: Mapping[str, Field] = field(default_factory=dict)
    official_split: Field | None = None
    language: Field | None = None
    segments: str = ""  # a column
    more: Mapping[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a person must know before using a corpus; `avdf corpora` prints it."""

    modalities: tuple[str, ...]
    labels: str
    licence: str
    access: str  # where to ask for it
    flaws: tuple[str, ...] = ()  # what is known to be wrong with it


@dataclass(frozen=True, kw_only=True)
class Description:
    """A corpus: its sources, its group columns and its card.

    `people` names the set of identities that its speakers are of: corpora of the same set share people.
    `attack_codes` names the set of codes that its attacks are called by, such as A07: a code of another set
    is another system. "" where attacks are called by the names of systems.
    """

    title: str
    card: Card
    sources: tuple[Source, ...]
    groups: tuple[str, ...] = ()
    attacks: tuple[str, ...] = ()
    official_splits: tuple[str, ...] = ()
    people: str = ""
    attack_codes: str = ""
