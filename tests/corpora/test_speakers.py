"""Tables of people, as VoxCeleb, VCTK and LibriTTS publish them, become group columns."""

from dataclasses import replace
from pathlib import Path

import pytest
from making.folders import make
from making.imitation import text

from avdf.config.loading import typed
from avdf.config.sources import SpeakersConfig
from avdf.corpora import index_corpus
from avdf.data.clips import Index, group_columns
from avdf.errors import ConfigError, TableError
from avdf.protocols.speakers import with_speakers

VOX1 = ["VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet", "id10001\tA.J._Buckley\tm\tIreland\tdev"]
VOX2 = ["VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set ", "id10001 ,n000012 ,m ,dev ", "id10002 ,n000014 ,f ,dev "]
VCTK = [
    "ID  AGE  GENDER  ACCENTS  REGION",
    "225  23  F    English    Southern  England",
    "226  22  M  English",
]
LIBRI = [";", ";ID  |SEX| SUBSET           |MINUTES| NAME", "14   | F | train-clean-360  | 25.03 | A | B"]
TTS = ["READER\tGENDER\tSUBSET\tNAME", "14\tF\ttrain-clean-360\tKristin LeMoine"]


def corpus(root: Path, *people: str) -> Index:
    """One real clip per person."""
    make(root, *(f"{number}.wav" for number in range(len(people))))
    rows = [f"{number}.wav,real,{person}" for number, person in enumerate(people)]
    text(root, "mine.csv", "path,label,who", *rows)
    return index_corpus("table", root, {"speaker": "who", "file": "mine.csv"})


def joined(root: Path, people: list[str], table: list[str], **settings: object) -> Index:
    text(root, "people.txt", *table)
    config = typed(SpeakersConfig, {"path": str(root / "people.txt"), **settings}, "data.speakers")
    return with_speakers(corpus(root, *people), config, "data.speakers")


@pytest.mark.parametrize(
    ("table", "people", "settings", "expected"),
    [
        (VOX1, ["id10001"], {"id": "VoxCeleb1 ID", "groups": {"gender": "Gender"}}, ["men"]),
        (VOX1, ["id10001"], {"id": "VoxCeleb1 ID", "groups": {"nationality": "Nationality"}}, ["Ireland"]),
        (VOX2, ["id10001", "id10002"], {"id": "VoxCeleb2 ID", "groups": {"sex": "Gender"}}, ["men", "women"]),
        (VCTK, ["p225"], {"id": "ID", "prefix": "p", "groups": {"region": "REGION"}}, ["Southern  England"]),
        (
            VCTK,
            ["p226", "p225"],
            {"id": "ID", "prefix": "p", "groups": {"gender": "GENDER"}},
            ["men", "women"],
        ),
        (LIBRI, ["14"], {"id": "ID", "groups": {"gender": "SEX"}}, ["women"]),
        (LIBRI, ["14"], {"id": "ID", "groups": {"name": "NAME"}}, ["A | B"]),
        (TTS, ["14"], {"id": "READER", "groups": {"gender": "GENDER"}}, ["women"]),
    ],
)
def test_published_tables_are_joined_by_voice(
    table: list[str], people: list[str], settings: dict[str, object], expected: list[str], tmp_path: Path
) -> None:
    index = joined(tmp_path, people, table, **settings)
    (group,) = group_columns(index.clips)
    assert index.clips[group].tolist() == expected


def test_people_who_are_not_in_the_table_are_counted_and_named(tmp_path: Path) -> None:
    groups = {"gender": "Gender", "nationality": "Nationality"}
    index = joined(tmp_path, ["id10001", "id10007", "id10008"], VOX1, id="VoxCeleb1 ID", groups=groups)
    assert group_columns(index.clips) == ["gender", "nationality"]
    assert index.clips["gender"].tolist() == ["men", "", ""]
    assert "SPEAKERS: 2 of 3 people are not in" in index.warnings[-1]
    assert index.warnings[-1].endswith("(id10007, id10008); their gender and nationality is unknown.")


def test_a_table_of_other_people_is_refused_with_the_names_on_both_sides(tmp_path: Path) -> None:
    message = (
        r"data\.speakers\.id: nobody of .* its people are called 225, 226, those of the corpus p225; name"
    )
    with pytest.raises(ConfigError, match=message):
        joined(tmp_path, ["p225"], VCTK, id="ID", groups={"gender": "GENDER"})


def test_wrong_columns_contradictions_and_half_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"data\.speakers\.groups\.gender: .* no column 'gender', did you mean"
    ):
        joined(tmp_path, ["id10001"], VOX1, id="VoxCeleb1 ID", groups={"gender": "gender"})
    with pytest.raises(ConfigError, match=r"data\.speakers\.groups\.voice: the corpus has this column"):
        joined(tmp_path, ["id10001"], VOX1, id="VoxCeleb1 ID", groups={"voice": "Gender"})
    with pytest.raises(TableError, match="'id10001' is listed twice with other values"):
        joined(
            tmp_path,
            ["id10001"],
            [*VOX1, "id10001\tx\tf\tIreland\tdev"],
            id="VoxCeleb1 ID",
            groups={"g": "Gender"},
        )
    with pytest.raises(ConfigError, match=r"data\.speakers\.path, id and groups go together"):
        typed(SpeakersConfig, {"path": "x"}, "data.speakers")


def test_a_table_of_people_is_joined_by_face_where_the_picture_counts(tmp_path: Path) -> None:
    index = corpus(tmp_path, "ann", "bob")
    index = replace(index, clips=index.clips.assign(source=["bob", "bob"]))
    text(tmp_path, "people.txt", "who,sex", "ann,f", "bob,m")
    config = SpeakersConfig(path=str(tmp_path / "people.txt"), id="who", groups={"gender": "sex"})
    by_voice = with_speakers(index, config, "data.speakers")
    by_face = with_speakers(index, config, "data.speakers", "source")
    assert by_voice.clips["gender"].tolist() == ["women", "men"]
    assert by_face.clips["gender"].tolist() == ["men", "men"]
