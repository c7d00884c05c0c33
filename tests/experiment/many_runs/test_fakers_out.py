"""Each faker left out in turn: detectors that are trained on copies alone, on those of the other fakers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.calls import called
from making.copied_corpus import copied_corpus
from making.runs import CONFIG, read_json, short_settings
from sklearn.metrics import roc_auc_score

from avdf.experiment.data import load_data, prepare_data
from avdf.experiment.fakes import read_copies
from avdf.experiment.many_runs.attacks import attacks_in_turn
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder

FAKERS = ("lpc", "spectral_svd")
CHANNEL = "{name: gain, db: {min: -9, max: 0}}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus has the attacks lpc, which is a faker, too, and hum; its fakes are in test alone."""
    return copied_corpus(tmp_path_factory.mktemp("copied"), ("lpc", "hum"))


def words(folder: Path, *more: str) -> list[str]:
    return [
        *short_settings(folder / "data", folder),
        *("data.corpus=table", "data.table.speaker=speaker", "data.table.attack=attack"),
        *("data.split.validation=0.3", "data.split.test=0.3"),
        *(f"data.fakes.root={folder / 'fakes'}", f"data.fakes.fakers=[{', '.join(FAKERS)}]"),
        *("data.fakes.corpus_fakes_in=[test]", "data.fakes.in_validation=true"),
        *("train.pairs.copies_per_clip=2", "train.batch_size=8"),
        *(f"data.channel_copies.channels=[{CHANNEL}]", "data.channel_copies.per_clip=1"),
        "evaluation.threshold.with_channels=true",
        *more,
    ]


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = RunFolder(tmp_path_factory.mktemp("runs") / "run")
    done = called("train", CONFIG, *words(folder), f"run.dir={run.path}", "--each-attack-out")
    assert done.status == 0, done.stderr
    return run


def scores_of(run: RunFolder) -> pd.DataFrame:
    return pd.read_csv(run.scores_csv, keep_default_na=False)


def test_a_run_without_a_faker_trains_and_validates_on_no_copy_by_it(folder: Path, run: RunFolder):
    assert sorted(path.name for path in run.path.glob("without-*")) == [f"without-{name}" for name in FAKERS]
    copies = pd.read_csv(folder / "fakes" / "fakes.csv", keep_default_na=False)
    for faker in FAKERS:
        part = run.without_attack(faker)
        splits = load_data(part.config()).splits
        split = pd.read_csv(part.split_csv)
        parents = set(split["clip"][split["split"] == "train"])
        (other,) = set(FAKERS) - {faker}
        kept = copies[(copies["audio_attack"] == other) & copies["parent"].isin(parents)]
        train = splits["train"]
        assert sorted(train.table["clip"][train.is_fake]) == sorted("fakes/" + kept["path"])
        paired = (
            f"pairs: {len(train) - len(kept)} real clips, each beside 2 of its copies ({len(kept)} in all)"
        )
        assert paired in part.train_log.read_text("utf-8")
        scores = scores_of(part)
        by_it = scores["clip"].str.startswith(f"fakes/audio/{faker}/")
        assert set(scores["split"][by_it]) == {"test"}
        through = pd.read_csv(part.validation_channels_csv, keep_default_na=False)
        assert len(through) > 0
        assert not through["clip"].str.contains(f"/{faker}/").any()


def test_all_runs_test_the_same_clips_and_copies_of_test_people_are_among_them(run: RunFolder):
    tests = []
    for part in (run.with_all_attacks, *map(run.without_attack, FAKERS)):
        scores = scores_of(part)
        tests.append(sorted(scores["clip"][scores["split"] == "test"]))
    assert all(names == tests[0] for names in tests)
    assert sum(name.startswith("fakes/") for name in tests[0]) == 2 * 2 * 6  # fakers, clips, people
    said = "COPIES IN TEST: 24 of the 36 fakes in test are copies of its real clips by 2 fakers"
    assert said in run.with_all_attacks.audit_html.read_text("utf-8")
    assert not any("alone tells" in line for line in read_json(run.with_all_attacks.audit_json)["warnings"])


def auc_by_hand(run: RunFolder, attack: str) -> float:
    scores = scores_of(run)
    rows = scores[(scores["split"] == "test") & scores["audio_attack"].isin(["", attack])]
    return float(roc_auc_score(rows["is_fake"], rows["score"]))


def test_the_report_has_the_auc_of_each_faker_when_never_trained_on_and_when_trained_on(run: RunFolder):
    content = read_json(run.unseen_attacks_json)
    rows = {row["attack"]: row for row in content["attacks"]}
    assert set(rows) == set(FAKERS)
    for faker, row in rows.items():
        unseen = auc_by_hand(run.without_attack(faker), faker)
        seen = auc_by_hand(run.with_all_attacks, faker)
        assert (row["unseen"]["auc"], row["seen"]["auc"]) == pytest.approx((unseen, seen))
        assert row["auc_change"]["difference"] == pytest.approx(unseen - seen)
    means = [content["means"][side]["auc"] for side in ("unseen", "seen")]
    assert means[0] == pytest.approx(np.mean([row["unseen"]["auc"] for row in rows.values()]))
    # 6 people in test: 2 copies of each, and of lpc one fake of the corpus
    counts = {
        name: (row["num_clips"], row["num_copies"], row["num_identities"]) for name, row in rows.items()
    }
    assert counts == {"lpc": (18, 12, 6), "spectral_svd": (12, 12, 6)}


def test_an_attack_of_the_corpus_that_is_in_test_alone_is_in_no_training(run: RunFolder):
    content = read_json(run.unseen_attacks_json)
    (hum,) = content["in_no_training"]
    assert (hum["attack"], hum["num_clips"], hum["num_copies"]) == ("hum", 6, 0)
    assert hum["unseen"]["auc"] == pytest.approx(auc_by_hand(run.with_all_attacks, "hum"))
    page = " ".join(run.unseen_attacks_html.read_text("utf-8").split())
    assert "In no training at all, whatever is left out: hum." in page
    assert "Fakes of the data set and copies by a faker of the same name are one attack: lpc." in page
    table = pd.read_csv(run.unseen_attacks_csv).set_index("attack")
    assert table.loc["hum", "auc_unseen"] == hum["unseen"]["auc"]
    assert np.isnan(table.loc["hum", "auc_seen"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["data.split.name=strict"], "--each-attack-out: divides people by voice"),
        (["data.fakes.fakers=[lpc]"], "no attack can be left out: data.split.attacks: without lpc the train"),
    ],
)
def test_what_leaves_nothing_to_train_on_is_refused_before_a_run_is_made(folder, tmp_path, more, message):
    done = called("train", CONFIG, *words(folder, *more), f"run.dir={tmp_path / 'run'}", "--each-attack-out")
    assert (done.status, message in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("corpus_fakes_in", "attacks"),
    [("[test]", ["lpc", "spectral_svd"]), ("[train, test]", ["hum", "lpc", "spectral_svd"])],
)
def test_attacks_are_left_out_that_training_has_of_corpus_and_fakers(folder, corpus_fakes_in, attacks):
    config = load_experiment(CONFIG, words(folder, f"data.fakes.corpus_fakes_in={corpus_fakes_in}"))
    data = prepare_data(config.data)
    copies = read_copies(config.data, data.prepared)
    assert attacks_in_turn(config, data, copies) == (attacks, {})
