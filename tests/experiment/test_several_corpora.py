"""Several corpora at once: their names, their people, what they share, and splits that keep them apart."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from making.imitation import sounds, text
from making.runs import CONFIG, read_json, short_settings

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.evaluate import evaluate_run
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import config_to_resume, load_experiment
from avdf.experiment.sources import index_data
from avdf.run_folder import RunFolder

PEOPLE = ("ann", "bob", "cid", "dot", "eve", "fay", "gil", "hal")


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An imitation of In-the-Wild and one of SpoofCeleb; one real recording is in both."""
    wild, spoofceleb = (tmp_path_factory.mktemp(name) for name in ("wild", "spoofceleb"))
    rows = []
    for person in PEOPLE:
        for number, label in enumerate(("bona-fide", "bona-fide", "spoof", "spoof")):
            sounds(wild, f"{person}{number}.wav")
            rows.append(f"{person}{number}.wav,{person},{label}")
    text(wild, "meta.csv", "file,speaker,label", *rows)
    for table, people in (("train", range(4)), ("development", range(4, 6)), ("evaluation", range(6, 8))):
        rows = []
        for person in people:
            for attack in ("a00", "a01", "a02"):
                name = f"{table}/{attack}/id1000{person}/0.flac"
                sounds(spoofceleb, f"flac/{name}")
                rows.append(f"{name},id1000{person},{attack}")
        text(spoofceleb, f"metadata/{table}.csv", "file,speaker,attack", *rows)
    shutil.copy(wild / "ann0.wav", spoofceleb / "flac/train/a00/id10000/0.flac")
    text(
        spoofceleb, "vox1.tsv", "ID\tGender", *(f"id1000{person}\t{'mf'[person % 2]}" for person in range(8))
    )
    return wild, spoofceleb


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def settings(roots: tuple[Path, Path], cache: Path, *more: str) -> list[str]:
    speakers = f"{{path: {roots[1] / 'vox1.tsv'}, id: ID, groups: {{gender: Gender}}}}"
    wild = f"{{name: in_the_wild, root: {roots[0]}}}"
    spoofceleb = f"{{name: spoofceleb, root: {roots[1]}, speakers: {speakers}}}"
    return [f"data.sources=[{wild}, {spoofceleb}]", *short_settings(Path("demo"), cache), *more]


def loaded(roots: tuple[Path, Path], cache: Path, *more: str) -> ExperimentData:
    return load_data(load_experiment(CONFIG, settings(roots, cache, *more)))


def test_clips_and_people_are_called_by_their_corpus_and_groups_are_those_of_all(
    roots: tuple[Path, Path], cache: Path
):
    clips = loaded(roots, cache).clips.set_index("clip")
    assert len(clips) == 32 + 24
    assert clips["corpus"].value_counts().to_dict() == {"in_the_wild": 32, "spoofceleb": 24}
    assert clips.loc["in_the_wild/ann0.wav", ["voice", "gender"]].tolist() == ["in_the_wild/ann", ""]
    row = clips.loc["spoofceleb/flac/train/a01/id10001/0.flac"]
    assert row[["voice", "identities", "gender", "method"]].tolist() == [
        *("voxceleb/id10001", "voxceleb/id10001", "women", "a01")
    ]
    assert row["official_split"] == "train"
    assert clips.loc["in_the_wild/ann0.wav", "official_split"] == ""


def test_a_recording_in_two_corpora_is_one_track_and_is_named_and_certified(
    roots: tuple[Path, Path], cache: Path
):
    data = loaded(roots, cache)
    certificate = data.split.certificate
    pair = ["in_the_wild/ann0.wav", "spoofceleb/flac/train/a00/id10000/0.flac"]
    assert list(certificate["shared_recordings"].values()) == [pair]
    assert (certificate["num_shared_recordings"], certificate["num_shared_voices"]) == (1, 0)
    assert data.clips.set_index("clip").loc[pair, "track"].nunique() == 1
    assert data.split.table.set_index("clip").loc[pair, "split"].nunique() == 1
    assert not certificate["leaks"]
    assert any(line.startswith("SHARED RECORDINGS: 1 recording is in several") for line in data.warnings)


def test_a_corpus_left_out_is_test_and_who_is_in_it_neither_trains_nor_validates(
    roots: tuple[Path, Path], cache: Path
):
    more = ("data.split.name=leave_corpus_out", "data.split.corpora=[spoofceleb]")
    data = loaded(roots, cache, *more)
    table = data.split.table.assign(corpus=data.split.table["clip"].str.partition("/")[0])
    assert table.groupby("split")["corpus"].unique().map(list).to_dict() == {
        "train": ["in_the_wild"],
        "validation": ["in_the_wild"],
        "test": ["spoofceleb"],
    }
    assert data.split.certificate["num_dropped"] == 4  # those of ann
    assert not data.split.certificate["leaks"]
    with pytest.raises(
        ConfigError, match=r"data\.split\.corpora: no clip has corpus 'spoofcelb', did you mean"
    ):
        loaded(roots, cache, more[0], "data.split.corpora=[spoofcelb]")


def test_the_official_split_is_that_of_the_protocols(roots: tuple[Path, Path], cache: Path):
    table = loaded(roots, cache, "data.split.name=official").split.table
    assert table["split"].value_counts().to_dict() == {"train": 12, "validation": 6, "test": 6}
    with pytest.raises(ConfigError, match="the corpus has no official split; use voice"):
        load_data(
            load_experiment(
                CONFIG,
                [
                    *short_settings(roots[0], cache),
                    "data.corpus=in_the_wild",
                    "data.split.name=official",
                ],
            )
        )


def test_a_run_on_two_corpora_reports_moves_and_resumes(
    roots: tuple[Path, Path], cache: Path, tmp_path: Path
):
    more = ("train.balance=corpus_class", f"run.dir={tmp_path / 'run'}")
    run = RunFolder(run_experiment(load_experiment(CONFIG, settings(roots, cache, *more)), name="two"))
    scores = pd.read_csv(run.scores_csv, keep_default_na=False)
    assert scores.columns[-1] == "corpus"
    assert set(scores["corpus"]) == {"in_the_wild", "spoofceleb"}
    audit = read_json(run.audit_json)
    assert {row["attribute"] for row in audit["groups"]} == {"gender"}
    assert audit["provenance"]["data"] == f"in_the_wild: {roots[0]}, spoofceleb: {roots[1]}"
    evaluate_run(run.path, "test", tmp_path / "again")
    again = pd.read_csv(tmp_path / "again" / "scores.csv", keep_default_na=False)
    test = scores[scores["split"] == "test"].astype({"score_without_start": float})  # blank elsewhere
    pd.testing.assert_frame_equal(again, test.reset_index(drop=True))
    with pytest.raises(UserError, match=r"--root: the run has several corpora"):
        evaluate_run(run.path, "test", tmp_path / "third", root=roots[0])
    moved = settings((Path(shutil.copytree(roots[0], tmp_path / "moved")), roots[1]), cache)[:1]
    assert config_to_resume(run, moved).data.sources[0]["root"] == str(tmp_path / "moved")
    with pytest.raises(ConfigError, match=r"data\.sources: no folder .*nowhere"):
        config_to_resume(run, settings((Path("nowhere"), roots[1]), cache)[:1])


def test_a_folder_that_is_no_such_corpus_is_named_by_its_place_in_the_sources(
    roots: tuple[Path, Path], cache: Path
):
    words = [
        f"data.sources=[{{name: in_the_wild, root: {roots[0]}}}, {{name: spoofceleb, root: {roots[0]}}}]"
    ]
    with pytest.raises(ConfigError, match=r"^data\.sources\[1\]\.root: "):
        index_data(load_experiment(CONFIG, [*words, *short_settings(Path("demo"), cache)]).data)


def test_sources_that_contradict_each_other_or_the_short_form_are_refused(roots: tuple[Path, Path]):
    one = f"{{name: in_the_wild, root: {roots[0]}}}"
    for words, message in (
        (
            [f"data.sources=[{one}, {one}]"],
            r"data\.sources: two are called 'in_the_wild'; give one of them an alias",
        ),
        ([f"data.sources=[{one}]", "data.root=x"], r"data\.sources name their own root"),
        (["data.sources=[{name: in_the_wild}]"], r"data\.sources\[0\]: .*root"),
        (
            ["data.sources=[{name: in_the_wold, root: x}]"],
            r"data\.sources\[0\]\.name: no corpus 'in_the_wold', did you",
        ),
        (
            ["data.sources=[{name: table, root: x, lable: key}]"],
            r"data\.sources\[0\]\.lable: no such key, did you",
        ),
        (
            ["data.sources=[{name: demo, root: demo, alias: a/b}]"],
            r"data\.sources\[0\]\.alias must be a word",
        ),
        (["train.balance=corpus_class"], r"train\.balance: corpus_class needs several corpora"),
    ):
        with pytest.raises(ConfigError, match=message):
            load_experiment(CONFIG, words)


def test_one_corpus_twice_has_an_alias_and_may_share_people(roots: tuple[Path, Path], cache: Path):
    one = f"name: in_the_wild, root: {roots[0]}"
    both = f"data.sources=[{{{one}}}, {{{one}, alias: again, people: in_the_wild}}]"
    config: Config = load_config(CONFIG, [both, *short_settings(Path("demo"), cache)])
    data = load_data(config)
    assert data.clips["voice"].nunique() == 8
    certificate = data.split.certificate
    assert (certificate["num_shared_recordings"], certificate["num_shared_voices"]) == (32, 8)
    assert not certificate["leaks"]
