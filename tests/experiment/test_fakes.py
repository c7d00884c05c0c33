"""Training with copies of real clips: each is in the split of its parent, and used where it is asked for."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.runs import CONFIG, read_json, short_settings
from making.tiny import make_tiny

from avdf.audit.trained_attacks import attacks_trained_on
from avdf.commands.dispatch import call
from avdf.data.splits.certificate import verdict
from avdf.derived.placing import PREFIX
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.record import record_start
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 12 people, and in `fakes` a copy of each real clip by two fakers."""
    folder = tmp_path_factory.mktemp("with_fakes")
    root = make_tiny(folder / "FakeAVCeleb_v1.2", num_people=3)
    words = [str(root), "--out", str(folder / "fakes"), "--cache", str(folder / "cache"), "--workers", "1"]
    assert call("make_fakes", [*words, "--fakers", "lpc", "spectral_svd"], "avdf make_fakes") == 0
    return folder


def loaded(folder: Path, *words: str) -> ExperimentData:
    settings = short_settings(folder / "FakeAVCeleb_v1.2", folder)
    return load_data(load_experiment(CONFIG, [*settings, *words]))


def copies_of(data: ExperimentData) -> dict[str, pd.DataFrame]:
    return {
        name: clips.table[clips.table["clip"].str.startswith(f"{PREFIX}/")]
        for name, clips in data.splits.items()
    }


def test_copies_are_trained_with_in_the_split_of_their_parent_and_nothing_else_changes(folder):
    without, data = loaded(folder), loaded(folder, f"data.fakes.root={folder / 'fakes'}")
    split_of = dict(without.split.table.itertuples(index=False))
    copies = copies_of(data)
    reals = without.splits["train"].table.query("audio_fake == 0")
    assert sorted(copies["train"]["parent"]) == sorted([*reals["clip"], *reals["clip"]])
    assert {split_of[parent] for parent in copies["train"]["parent"]} == {"train"}
    assert len(copies["validation"]) == len(copies["test"]) == 0
    pd.testing.assert_frame_equal(data.split.table, without.split.table)
    pd.testing.assert_frame_equal(data.clips, without.clips)
    for name, clips in without.splits.items():
        assert list(clips.table["clip"]) == [c for c in data.splits[name].table["clip"] if PREFIX not in c]
    first, second = (
        clips.sample(0, 0)["waveform"] for clips in (without.splits["train"], data.splits["train"])
    )
    np.testing.assert_array_equal(first, second)


def test_a_copy_has_the_people_and_groups_of_its_parent_and_its_own_sound(folder):
    train = loaded(folder, f"data.fakes.root={folder / 'fakes'}").splits["train"]
    parents = train.table.set_index("clip")
    for number, row in train.table[train.table["parent"].notna()].iterrows():
        parent = parents.loc[row["parent"]]
        for name in ("voice", "source", "identities", "race", "gender"):
            assert row[name] == parent[name]
        assert train.is_fake[number]
        sound = train.after_skip(number)
        original = train.after_skip(list(parents.index).index(row["parent"]))
        assert len(sound) == len(original)
        assert not np.array_equal(sound, original)
    assert train.table["track"].is_unique  # each copy counts as a recording, too


def test_in_validation_and_test_only_where_it_is_asked_for(folder):
    words = [f"data.fakes.root={folder / 'fakes'}", "data.fakes.in_test=true", "data.fakes.fakers=[lpc]"]
    data = loaded(folder, *words)
    copies = copies_of(data)
    assert len(copies["validation"]) == 0
    assert len(copies["test"]) == (data.splits["test"].table["audio_fake"] == 0).sum() > 0
    assert {*copies["train"]["audio_attack"], *copies["test"]["audio_attack"]} == {"lpc"}
    assert copies["test"]["loudness_db"].notna().all()  # the report measures probes on test


ALONE = ["data.fakes.corpus_fakes_in=[test]", "data.fakes.in_validation=true"]


def test_fakes_of_the_corpus_can_be_left_to_test_and_copies_to_train_and_validation(folder):
    without, data = loaded(folder), loaded(folder, f"data.fakes.root={folder / 'fakes'}", *ALONE)
    copies = copies_of(data)
    for name in ("train", "validation"):
        clips = data.splits[name]
        assert sorted(clips.table["clip"][clips.is_fake]) == sorted(copies[name]["clip"])
        assert len(copies[name]) == 2 * (~clips.is_fake).sum() > 0
    assert list(data.splits["test"].table["clip"]) == list(without.splits["test"].table["clip"])
    assert data.split.certificate["fakes"]["corpus_fakes_in"] == ["test"]
    pd.testing.assert_frame_equal(data.split.table, without.split.table)


def test_a_run_in_pairs_knows_which_attacks_it_was_trained_on(folder, tmp_path, caplog):
    words = [
        *short_settings(folder / "FakeAVCeleb_v1.2", folder),
        f"data.fakes.root={folder / 'fakes'}",
        *ALONE,
    ]
    pairs = [
        "train.pairs.copies_per_clip=1",
        "train.batch_size=4",
        "train.loss=supcon",
        "train.average_last=2",
    ]
    with caplog.at_level("INFO"):
        config = load_experiment(CONFIG, [*words, *pairs, "train.epochs=2", f"run.dir={tmp_path}"])
        run = RunFolder(run_experiment(config, name="pairs"))
    num_reals = (~load_data(config).splits["train"].is_fake).sum()
    assert (
        f"pairs: {num_reals} real clips, each beside 1 of its copies ({2 * num_reals} in all)" in caplog.text
    )
    assert "mean of the last 2 epochs: " in caplog.text
    assert pd.read_csv(run.history_csv)["epoch"].tolist() == [1, 2, 3]
    assert attacks_trained_on(run).names == {"lpc", "spectral_svd"}
    attacks = run.metrics()["splits"]["test"]["attacks"]
    assert [attack["seen_in_training"] for attack in attacks] == [False]


def test_the_certificate_counts_copies_and_checks_where_they_are(folder):
    data = loaded(folder, f"data.fakes.root={folder / 'fakes'}")
    fakes = data.split.certificate["fakes"]
    train = copies_of(data)["train"]
    assert fakes["num_copies"] == {"train": len(train), "validation": 0, "test": 0}
    assert fakes["num_outside_the_split_of_their_parent"] == 0
    assert fakes["num_by_faker"] == {"lpc": len(train) // 2, "spectral_svd": len(train) // 2}
    assert fakes["num_heard"] == 0
    assert not data.split.certificate["leaks"]


def test_a_faker_that_has_heard_a_voice_of_test_makes_the_split_leak(folder, tmp_path):
    split = loaded(folder).split.table.set_index("clip")["split"]
    in_test, in_train = (next(c for c in split.index if split[c] == name) for name in ("test", "train"))
    shutil.copytree(folder / "fakes", tmp_path, dirs_exist_ok=True)
    rows = "".join(f"codec,{clip.split('/')[-2]}\n" for clip in (in_test, in_train))
    (tmp_path / "heard.csv").write_text(f"faker,voice\n{rows}")
    certificate = loaded(folder, f"data.fakes.root={tmp_path}").split.certificate
    assert certificate["fakes"]["heard"] == {
        "codec": {"num_voices": 2, "num_in_validation": 0, "num_in_test": 1}
    }
    assert certificate["leaks"]
    assert "fakers have heard 1 voices of validation or test" in verdict(certificate)


def test_codec_copies_are_bona_fide_if_the_policy_says_so(folder, tmp_path):
    shutil.copytree(folder / "fakes", tmp_path, dirs_exist_ok=True)
    table = pd.read_csv(folder / "fakes" / "fakes.csv", keep_default_na=False)
    table.loc[table["audio_attack"] == "lpc", "kind"] = "codec"
    table.to_csv(tmp_path / "fakes.csv", index=False)
    words = [f"data.fakes.root={tmp_path}", "data.neural_codec_is=bona_fide"]
    train = copies_of(loaded(folder, *words))["train"]
    assert set(train.loc[train["method"] == "lpc", "audio_fake"]) == {0}
    assert set(train.loc[train["method"] == "lpc", "audio_attack"]) == {""}
    assert set(train.loc[train["method"] == "spectral_svd", "audio_fake"]) == {1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data.fakes.in_test=true"], r"data.fakes.root must name the folder of the fakes"),
        (
            ["data.fakes.root={fakes}", "data.fakes.fakers=[lcp]"],
            r"data.fakes.fakers: no copy by 'lcp', did you",
        ),
        (
            ["data.fakes.root={fakes}", "data.sample_rate_hz=8000"],
            r"was made at 16000 Hz, data.sample_rate_hz is",
        ),
        (
            ["data.fakes.root={fakes}", "data.fakes.corpus_fakes_in=[tests]"],
            r"corpus_fakes_in must list some of",
        ),
        (
            ["data.fakes.root={fakes}", "data.fakes.corpus_fakes_in=[test]"],
            r"corpus_fakes_in: without validation that split has no fakes; set fakes.in_validation=true",
        ),
        (
            ["train.pairs.copies_per_clip=1"],
            r"train.pairs pairs real clips with copies .*: name data.fakes.root",
        ),
        (["train.pairs.copies=1"], r"train.pairs.copies: .*copies_per_clip"),
        (["data.fakes.root=nowhere"], r"data.fakes.root: no fakes.json in 'nowhere'"),
        (["data.fakes.roots={{a: b}}"], r"data.fakes.roots, \{ALIAS: DIR\}, goes with sources|fakes.roots"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_dotted_key(folder, words, message):
    with pytest.raises(UserError, match=message):
        loaded(folder, *(word.format(fakes=folder / "fakes") for word in words))


def test_copies_of_one_of_several_corpora_are_found_by_its_alias(folder):
    sources = f"data.sources=[{{name: fakeavceleb, alias: one, root: {folder / 'FakeAVCeleb_v1.2'}}}]"
    settings = short_settings(folder / "FakeAVCeleb_v1.2", folder)[1:]
    data = load_data(
        load_experiment(CONFIG, [*settings, sources, f"data.fakes.roots={{one: {folder / 'fakes'}}}"])
    )
    train = copies_of(data)["train"]
    assert train["clip"].str.startswith("fakes/one/audio/").all()
    assert train["parent"].str.startswith("one/RealVideo-RealAudio/").all()
    assert len(train) == 2 * (data.splits["train"].table["audio_fake"] == 0).sum()
    with pytest.raises(ConfigError, match=r"data.fakes.roots.two: no such source"):
        load_data(
            load_experiment(CONFIG, [*settings, sources, f"data.fakes.roots={{two: {folder / 'fakes'}}}"])
        )
    with pytest.raises(UserError, match=r"data.fakes.roots.one: no fakes.json in 'nowhere'"):
        load_data(load_experiment(CONFIG, [*settings, sources, "data.fakes.roots={one: nowhere}"]))


def test_a_run_trains_with_them_and_is_not_continued_with_others(folder, tmp_path):
    settings = short_settings(folder / "FakeAVCeleb_v1.2", folder)
    words = [
        *settings,
        f"data.fakes.root={folder / 'fakes'}",
        "data.fakes.in_test=true",
        f"run.dir={tmp_path}",
    ]
    config = load_experiment(CONFIG, words)
    run = RunFolder(run_experiment(config, name="first"))
    scores = pd.read_csv(run.scores_csv)
    assert (
        scores["clip"].str.startswith("fakes/").sum()
        == read_json(run.certificate_json)["fakes"]["num_copies"]["test"]
    )
    data = load_data(config)
    fewer = replace(data.split, certificate={**data.split.certificate, "fakes": {"hash": "another"}})
    with pytest.raises(UserError, match="was started with other fakes"):
        record_start(run, config, replace(data, split=fewer), {"command": ""})
