"""Settings of where clips come from, beside those of the corpora themselves."""

from dataclasses import dataclass, field
from typing import Any

NEURAL_CODEC = "neural_codec"  # optional column of clips and scores: 1 for real speech after a neural codec
PATH = "is_path"  # metadata of a text setting in which `~` and `$VAR` are expanded


@dataclass(frozen=True, kw_only=True)
class SpeakersConfig:
    """A table of people that is joined with the clips by voice, such as VoxCeleb's vox1_meta.csv."""

    path: str | None = field(default=None, metadata={PATH: True})  # CSV, TSV, pipes or white space
    id: str | None = None  # the column of the names by which the corpus calls its people
    prefix: str = ""  # put before each of these names, as p where VCTK's table says 225 for p225
    groups: dict[str, str] = field(default_factory=dict)  # group column: column of the table

    def __post_init__(self) -> None:
        if (self.path is None) != (self.id is None) or (self.path is None) != (not self.groups):
            raise ValueError(
                "path, id and groups go together: {path: FILE, id: COLUMN, groups: {gender: COLUMN}}"
            )


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One of several corpora: an entry of `data.sources`. Further keys are settings of its plugin."""

    name: str  # a plugin of avdf.corpora
    root: str = field(metadata={PATH: True})  # its folder, or `demo`
    alias: str | None = None  # what its clips' names begin with, and its value of `corpus`; default: the name
    # the set of names that its people are of: sources of one set share people; default: as the corpus
    # says (voxceleb, for example), else the alias
    people: str | None = None
    speakers: dict[str, Any] = field(default_factory=dict)  # as data.speakers, for this corpus

    def __post_init__(self) -> None:
        for key in ("alias", "people"):
            value = getattr(self, key)
            if value is not None and (not value or set(value) & set("/;")):
                raise ValueError(f"{key} must be a word without / and ;, got {value!r}")

    @property
    def label(self) -> str:
        """What its clips' names begin with."""
        return self.alias or self.name


@dataclass(frozen=True, kw_only=True)
class FakesConfig:
    """Copies of real clips that `avdf make_fakes` has made; each is in the split of its parent."""

    root: str | None = field(default=None, metadata={PATH: True})  # their folder
    roots: dict[str, str] = field(default_factory=dict)  # with data.sources: folder by alias of the source
    fakers: list[str] = field(default_factory=list)  # only copies of these; default: all
    in_validation: bool = False  # those of validation clips are used in validation, too
    in_test: bool = False  # those of test clips are used in test, too
    # the splits that use the fakes of the corpus itself; default: all. [test] trains on copies alone
    corpus_fakes_in: list[str] | None = None

    def __post_init__(self) -> None:
        if self.root is not None and self.roots:
            raise ValueError("root and roots exclude each other; with data.sources it is roots: {ALIAS: DIR}")
        others = self.fakers or self.in_validation or self.in_test or self.corpus_fakes_in is not None
        if not self.is_used and others:
            raise ValueError("root must name the folder of the fakes, as `avdf make_fakes` has written it")

    def uses_corpus_fakes(self, split: str) -> bool:
        """Whether a split uses the fakes of the corpus itself."""
        return self.corpus_fakes_in is None or split in self.corpus_fakes_in

    @property
    def is_used(self) -> bool:
        """Whether there are any."""
        return self.root is not None or bool(self.roots)
