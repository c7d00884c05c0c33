"""Settings of where clips come from, beside those of the corpora themselves."""

from dataclasses import dataclass, field

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
