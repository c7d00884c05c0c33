"""Many seeds: the runs, the table, the pooled audit, and what a second call trains again."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.calls import called
from making.tiny import make_tiny

from avdf.errors import ConfigError, UserError
from avdf.evaluation.score_files import read_scores
from avdf.experiment.many_runs.pooled import audit_seeds, pooled_scores
from avdf.experiment.many_runs.repeats import run_repeats
from avdf.experiment.repeat_table import markdown, repeat_table
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[3]
CNN = TOP / "configs" / "audio_cnn.yaml"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("tiny")
    return [
        f"data.root={make_tiny(folder / 'data', noise=0.012)}",
        f"data.cache={folder / 'cache'}",
        "data.seconds=0.5",
        "data.decode_workers=1",
        "model.encoders.audio.channels=[4, 8]",
        "train.epochs=1",
        "evaluation.num_crops=1",
        "evaluation.stress=none",
        "run.trackers=[]",
    ]


@pytest.fixture(scope="module")
def repeated(settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("repeated") / "out"
    assert run_repeats(load_experiment(CNN, settings), [0, 1], out) == out / "repeat.md"
    return out


def test_every_seed_has_a_run_and_all_seeds_share_a_table_and_an_audit(repeated: Path):
    names = {path.name for path in repeated.iterdir()}
    assert names >= {"seed-0", "seed-1", "repeat.csv", "repeat.md", "scores.csv", "audit"}
    assert (repeated / "audit" / "audit.html").is_file()


def test_the_mean_and_standard_deviation_are_those_of_the_runs(repeated: Path):
    aucs = [
        json.loads((repeated / f"seed-{seed}" / "metrics.json").read_text())["splits"]["test"]["auc"]
        for seed in (0, 1)
    ]
    row = pd.read_csv(repeated / "repeat.csv").set_index("figure").loc["auc"]
    assert row["mean"] == pytest.approx(sum(aucs) / 2)
    assert row["sd"] == pytest.approx(abs(aucs[0] - aucs[1]) / math.sqrt(2))
    assert [row["seed_0"], row["seed_1"]] == pytest.approx(aucs)
    assert row["num_seeds"] == 2


def test_the_pooled_audit_uses_the_threshold_of_the_run_for_each_row(repeated: Path):
    scores = read_scores(repeated / "scores.csv").astype({"seed": int})
    assert set(scores["split"]) == {"test"}
    assert set(scores["seed"]) == {0, 1}
    for seed, rows in scores.groupby("seed"):
        metrics = json.loads((repeated / f"seed-{seed}" / "metrics.json").read_text())
        assert set(rows["threshold"]) == {metrics["threshold"]["value"]}
        assert len(rows) == metrics["splits"]["test"]["num_clips"]
    called = (scores["score"] >= scores["threshold"]).to_numpy()
    is_fake = scores["is_fake"].to_numpy() == 1
    overall = json.loads((repeated / "audit" / "audit.json").read_text())["overall"]
    assert overall["fpr"] == pytest.approx(np.mean(called[~is_fake]))
    assert overall["fnr"] == pytest.approx(np.mean(~called[is_fake]))


def test_a_second_call_trains_nothing_again(repeated: Path, settings: list[str]):
    config = load_experiment(CNN, settings)
    weights = repeated / "seed-0" / "detector" / "detector.safetensors"
    before = weights.stat().st_mtime_ns
    table = pd.read_csv(repeated / "repeat.csv")
    run_repeats(config, [0, 1], repeated)
    assert weights.stat().st_mtime_ns == before
    pd.testing.assert_frame_equal(pd.read_csv(repeated / "repeat.csv"), table)


def test_an_unfinished_run_is_resumed(repeated: Path, settings: list[str]):
    scores = (repeated / "seed-1" / "scores.csv").read_bytes()
    for path in (repeated / "seed-1" / "audit").glob("*.json"):
        path.unlink()
    (repeated / "seed-1" / "scores.csv").unlink()
    run_repeats(load_experiment(CNN, settings), [0, 1], repeated)
    assert (repeated / "seed-1" / "scores.csv").read_bytes() == scores
    assert (repeated / "seed-1" / "audit" / "audit.json").is_file()


def test_runs_of_another_config_are_refused(repeated: Path, settings: list[str]):
    with pytest.raises(
        ConfigError,
        match=r"seed-0: is a run of another config .train.learning_rate: .*, not 0.5.; name another folder",
    ):
        run_repeats(load_experiment(CNN, [*settings, "train.learning_rate=0.5"]), [0, 1], repeated)


def test_runs_on_other_data_are_not_kept_as_done(repeated: Path, settings: list[str], tmp_path: Path):
    other = make_tiny(tmp_path / "other", noise=0.012, num_people=6)
    config = load_experiment(CNN, [*settings, f"data.root={other}"])
    with pytest.raises(ConfigError, match=r"seed-0: is a run of another config \(data\.root: "):
        run_repeats(config, [0, 1], repeated)


def test_pooled_runs_are_of_the_same_data(repeated: Path, settings: list[str], tmp_path: Path):
    runs = {}
    for seed in (0, 1):
        shutil.copytree(repeated / f"seed-{seed}", tmp_path / f"seed-{seed}")
        runs[seed] = RunFolder(tmp_path / f"seed-{seed}")
    certificate = runs[1].certificate()
    runs[1].certificate_json.write_text(json.dumps({**certificate, "data_hash": "other"}))
    with pytest.raises(UserError, match="its runs are of different data"):
        audit_seeds(load_experiment(CNN, settings), runs, RunFolder(tmp_path / "out"), note="")


def test_repeats_do_not_take_the_folder_of_a_run(repeated: Path, settings: list[str]):
    with pytest.raises(ConfigError, match=r"--out: .*seed-0 is a run itself"):
        run_repeats(load_experiment(CNN, settings), [0, 1], repeated / "seed-0")


def test_with_the_same_split_every_seed_scores_the_same_clips(settings: list[str], tmp_path: Path):
    run_repeats(load_experiment(CNN, settings), [3, 4], tmp_path, same_split=True)
    scores = pd.read_csv(tmp_path / "scores.csv")
    first, second = (rows.set_index("clip")["score"] for _, rows in scores.groupby("seed"))
    assert sorted(first.index) == sorted(second.index)
    assert not np.allclose(first.sort_index(), second.sort_index())


@pytest.mark.parametrize("seeds", [[1], [2, 2]])
def test_fewer_than_two_different_seeds_have_no_deviation(seeds: list[int], tmp_path: Path):
    with pytest.raises(ConfigError, match="--seeds: give two or more different ones"):
        run_repeats(load_experiment(CNN), seeds, tmp_path)


def write_run(folder: Path, auc: float | None, gap: float | None) -> RunFolder:
    (folder / "audit").mkdir(parents=True)
    test = {"auc": auc, "f2": 0.5, "num_clips": 9}
    (folder / "metrics.json").write_text(json.dumps({"splits": {"test": test}, "threshold": {"value": 0.3}}))
    gaps = [{"metric": "fnr", "attribute": "race", "gap": gap}]
    (folder / "audit" / "audit.json").write_text(json.dumps({"gaps": gaps}))
    (folder / "scores.csv").write_text(
        "clip,split,is_fake,score,race\na,test,1,0.9,NA\nb,validation,0,0.1,x\n"
    )
    return RunFolder(folder)


def test_a_seed_with_an_undefined_metric_is_left_out_of_the_mean_and_counted(tmp_path: Path):
    values = [(0.8, None), (0.9, 0.2), (None, None)]
    runs = {
        seed: write_run(tmp_path / str(seed), *value) for seed, value in zip((5, 6, 7), values, strict=True)
    }
    table = repeat_table(runs).set_index("figure")
    assert table.loc["auc", "mean"] == pytest.approx(0.85)
    assert table.loc["auc", "sd"] == pytest.approx(0.1 / math.sqrt(2))
    assert list(table["num_seeds"]) == [3, 2, 1]  # f2, auc, gap
    assert math.isnan(table.loc["fnr gap by race", "sd"])
    text = markdown(table.reset_index(), 3, same_split=False)
    assert "| f2 | 0.500 ± 0.000 | 0.500 | 0.500 |" in text
    assert "| auc (2 of 3 seeds) | 0.850 ± 0.071 | 0.800 | 0.900 |" in text
    assert "| fnr gap by race (1 of 3 seeds) | 0.200 ± – | 0.200 | 0.200 |" in text
    assert "Not enough data" not in text
    table.loc["fnr gap by race", ["mean", "num_seeds", "seed_5", "seed_6", "seed_7"]] = [
        math.nan,
        0,
        *[math.nan] * 3,
    ]
    text = markdown(table.reset_index(), 3, same_split=False)
    assert "| fnr gap" not in text
    assert text.endswith("\nNot enough data with any seed: fnr gap by race.\n")


def test_pooled_scores_hold_only_test_rows_and_keep_text_unchanged(tmp_path: Path):
    runs = {seed: write_run(tmp_path / str(seed), 0.8, None) for seed in (5, 6)}
    pooled = pooled_scores(runs, "seed")
    assert pooled.to_dict("list") == {
        "clip": ["a", "a"],
        "split": ["test", "test"],
        "is_fake": [1, 1],
        "score": [0.9, 0.9],
        "race": ["NA", "NA"],
        "seed": [5, 6],
        "threshold": [0.3, 0.3],
    }


@pytest.mark.parametrize("seeds", [["1"], ["1", "1"], ["0", "-1"]])
def test_the_command_ends_with_exit_2_and_one_message(seeds: list[str]):
    done = called("repeat", CNN, "--seeds", *seeds)
    assert done.status == 2
    (message,) = done.stderr.splitlines()
    assert message.startswith("error: --seeds")
    assert ">= 0" in message
