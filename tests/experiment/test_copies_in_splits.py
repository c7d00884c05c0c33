"""Attacks left out of a data set with copies: fakers, methods of the corpus, and names that are both."""

from pathlib import Path

import pandas as pd
import pytest
from making.copied_corpus import FAKERS, copied_corpus
from making.runs import CONFIG, short_settings
from sklearn.metrics import roc_auc_score

from avdf.audit.trained_attacks import attacks_trained_on
from avdf.data.probes import SOUND_PROBES
from avdf.data.splits.certificate import verdict
from avdf.errors import UserError
from avdf.experiment.data import ExperimentData, load_data, prepare_data
from avdf.experiment.fakes import read_copies
from avdf.experiment.many_runs.attacks import attacks_in_turn
from avdf.experiment.settings import load_experiment
from avdf.files import write_json
from avdf.run_folder import RunFolder

ALONE = ["data.fakes.corpus_fakes_in=[test]", "data.fakes.in_validation=true"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus has the attacks lpc, which is a faker, too, and hum."""
    return copied_corpus(tmp_path_factory.mktemp("copied"), ("lpc", "hum"))


def settings_of(folder: Path, *more: str, fakes: bool = True) -> list[str]:
    table = ["data.corpus=table", "data.table.speaker=speaker", "data.table.attack=attack"]
    shares = ["data.split.validation=0.3", "data.split.test=0.3"]
    copies = [f"data.fakes.root={folder / 'fakes'}"] if fakes else []
    return [*short_settings(folder / "data", folder), *table, *shares, *copies, *more]


def loaded(folder: Path, *more: str, fakes: bool = True) -> ExperimentData:
    return load_data(load_experiment(CONFIG, settings_of(folder, *more, fakes=fakes)))


def without(*attacks: str) -> list[str]:
    return ["data.split.name=leave_attack_out", f"data.split.attacks=[{', '.join(attacks)}]"]


def fakes_in(data: ExperimentData, split: str) -> dict[str, int]:
    """How many fakes of each attack a split has."""
    clips = data.splits[split]
    return clips.table["audio_attack"][clips.is_fake].value_counts().to_dict()


def by_hand(folder: Path, data: ExperimentData) -> pd.DataFrame:
    """faker and split of every copy, from fakes.csv and the split of the parents."""
    copies = pd.read_csv(folder / "fakes" / "fakes.csv", keep_default_na=False)
    return copies.merge(data.split.table, left_on="parent", right_on="clip")[["audio_attack", "split"]]


def test_copies_by_a_faker_left_out_are_in_test_alone_and_people_are_those_of_voice(folder: Path):
    data = loaded(folder, *ALONE, *without("griffin_lim_linear"))
    counts = by_hand(folder, data).value_counts().to_dict()
    for split in ("train", "validation"):
        kept = {name: counts[name, split] for name in ("lpc", "spectral_svd")}
        assert fakes_in(data, split) == kept
    in_test = counts["griffin_lim_linear", "test"]
    assert fakes_in(data, "test") == {"griffin_lim_linear": in_test, "lpc": 6, "hum": 6}  # 6 people
    dropped = counts["griffin_lim_linear", "train"] + counts["griffin_lim_linear", "validation"]
    of_copies = data.split.certificate["fakes"]["num_copies_of_left_out_attacks"]
    assert of_copies == {"train": 0, "validation": 0, "test": in_test, "dropped": dropped}
    assert (in_test, dropped) == (2 * 6, 2 * 14)  # two real clips of each of 20 people
    by_voice = loaded(folder, *ALONE).split.table
    pd.testing.assert_frame_equal(data.split.table, by_voice)
    assert not data.split.certificate["leaks"]
    assert "no two of train, validation and test share a voice" in verdict(data.split.certificate)


def test_test_has_the_same_clips_whichever_faker_is_left_out(folder: Path):
    names = [
        list(loaded(folder, *ALONE, "data.fakes.in_test=true", *words).splits["test"].table["clip"])
        for words in ([], without("lpc"), without("spectral_svd"), without("hum"))
    ]
    assert names[0] == names[1] == names[2] == names[3]
    assert sum(name.startswith("fakes/") for name in names[0]) == 3 * 2 * 6


def test_a_method_of_the_corpus_and_the_faker_of_its_name_are_left_out_together(folder: Path):
    data = loaded(folder, "data.fakes.in_validation=true", *without("lpc"))
    for split in ("train", "validation"):
        assert set(fakes_in(data, split)) == {"griffin_lim_linear", "hum", "spectral_svd"}
    assert fakes_in(data, "test") == {"lpc": 6 + 2 * 6, "hum": 6}
    counts = data.split.certificate["num_clips_of_left_out_attacks"]
    assert counts == {"train": 0, "validation": 0, "test": 6, "dropped": 14}


def test_the_only_method_of_a_corpus_can_be_left_out_where_copies_are_left_to_train_on(tmp_path: Path):
    folder = copied_corpus(tmp_path, ("tts", "tts"))
    data = loaded(folder, "data.fakes.in_validation=true", *without("tts"))
    assert set(fakes_in(data, "train")) == set(fakes_in(data, "validation")) == set(FAKERS)
    assert fakes_in(data, "test") == {"tts": 2 * 6}
    with pytest.raises(UserError, match=r"without tts the validation split has no fake; .*in_validation=tr"):
        loaded(folder, *without("tts"))
    with pytest.raises(UserError, match=r"every fake of data.target=audio is of tts"):
        loaded(folder, *without("tts"), fakes=False)
    config = load_experiment(CONFIG, settings_of(folder))
    prepared = prepare_data(config.data)
    possible, not_tested = attacks_in_turn(config, prepared, read_copies(config.data, prepared.prepared))
    assert (possible, list(not_tested)) == (list(FAKERS), ["tts"])
    assert "without tts the validation split has no fake" in not_tested["tts"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (without("lcp"), r"data.split.attacks: no fake has attack 'lcp', did you mean 'lpc'"),
        (
            [*ALONE, "data.fakes.fakers=[spectral_svd]", *without("spectral_svd")],
            r"without spectral_svd the train split has no fake; .* or make copies by other fakers",
        ),
        (
            [*ALONE, *without(*FAKERS)],
            r"without griffin_lim_linear, lpc, spectral_svd the train split has no",
        ),
        (
            [*without(*FAKERS, "hum")],
            r"every fake of data.target=audio is of griffin_lim_linear, hum, lpc, s",
        ),
        (["data.split.test=0", *ALONE, *without("lpc")], r"nobody in the test split has a clip of lpc"),
    ],
)
def test_what_cannot_be_left_out_is_refused_with_the_reason(folder, words, message):
    with pytest.raises(UserError, match=message):
        loaded(folder, *words)


def test_copies_in_test_are_said_before_any_metric(folder: Path):
    said = "COPIES IN TEST: 24 of the 36 fakes in test are copies of its real clips by 2 fakers"
    two = "data.fakes.fakers=[lpc, spectral_svd]"
    assert any(said in line for line in loaded(folder, two, "data.fakes.in_test=true").warnings)
    assert not any("COPIES IN TEST" in line for line in loaded(folder, two).warnings)


def test_probes_of_files_leave_copies_out_and_probes_of_the_sound_have_them(folder: Path):
    two = "data.fakes.fakers=[lpc, spectral_svd]"
    without_copies = {row["feature"]: row["auc"] for row in loaded(folder, two).probes}
    data = loaded(folder, two, "data.fakes.in_test=true")
    test = data.splits["test"]
    assert test.table["audio_codec"].value_counts().to_dict() == {
        "pcm_s16le": 24,
        "flac": 24,
    }  # 12 real clips
    rows = {row["feature"]: row for row in data.probes}
    for name in SOUND_PROBES:
        auc = roc_auc_score(test.is_fake, test.table[name])
        assert rows.pop(name) == {"feature": name, "auc": pytest.approx(max(auc, 1 - auc))}
    assert {"audio_codec", "audio_bit_rate", "sample_rate_hz", "file_bit_rate"} < set(rows)
    for name, row in rows.items():
        auc = pytest.approx(without_copies[name], nan_ok=True)
        assert row == {"feature": name, "auc": auc, "without_copies": True}
    assert rows["audio_codec"]["auc"] == 0.5  # with copies 0.5 x 12/36 + 1 x 24/36 = 0.83


def test_a_faker_with_copies_in_test_alone_was_not_trained_on(folder: Path, tmp_path: Path):
    data = loaded(folder, *ALONE, *without("lpc"))
    fakes = data.split.certificate["fakes"]
    run = RunFolder(tmp_path)
    run.config_yaml.write_text(
        "data: {fakes: {root: f, corpus_fakes_in: [test], in_validation: true}}\n"
        "model: {encoders: {audio: {name: audio_cnn}}}\n"
    )
    data.clips.to_csv(run.clips_csv, index=False)
    data.split.table.to_csv(run.split_csv, index=False)
    write_json(run.certificate_json, data.split.certificate)
    assert attacks_trained_on(run).names == {"griffin_lim_linear", "spectral_svd"}
    older = {name: value for name, value in fakes.items() if name != "num_by_faker_in"}
    write_json(run.certificate_json, {**data.split.certificate, "fakes": older})
    assert attacks_trained_on(run).names == set(FAKERS)


def test_of_two_corpora_the_copies_of_both_are_left_out(folder: Path, tmp_path: Path):
    other = copied_corpus(tmp_path, ("tts", "hum"), num_people=2)
    roots = {"one": folder, "two": other}
    sources = ", ".join(
        f"{{name: table, alias: {alias}, root: {root / 'data'}, speaker: speaker, attack: attack}}"
        for alias, root in roots.items()
    )
    places = ", ".join(f"{alias}: {root / 'fakes'}" for alias, root in roots.items())
    words = [
        *short_settings(folder, tmp_path)[1:],
        f"data.sources=[{sources}]",
        f"data.fakes.roots={{{places}}}",
        *("data.split.validation=0.3", "data.split.test=0.3"),
        *(*ALONE, *without("lpc")),
    ]
    config = load_experiment(CONFIG, words)
    data = load_data(config)
    train, test = data.splits["train"], data.splits["test"].table
    assert set(fakes_in(data, "train")) == {"griffin_lim_linear", "spectral_svd"}
    assert {name.split("/")[1] for name in train.table["clip"][train.is_fake]} == {"one", "two"}
    copies = test[test["clip"].str.startswith("fakes/")]
    assert set(copies["audio_attack"]) == {"lpc"}
    reals = test[test["audio_fake"] == 0]
    prepared = prepare_data(config.data)
    in_turn = attacks_in_turn(config, prepared, read_copies(config.data, prepared.prepared))
    assert in_turn == (list(FAKERS), {})
    assert copies["corpus"].value_counts().to_dict() == reals["corpus"].value_counts().to_dict()
