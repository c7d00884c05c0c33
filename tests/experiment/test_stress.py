"""The stress test at the end of a run, and the command that makes it later or on another corpus."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.calls import called
from making.runs import read_json
from making.tiny import make_tiny

from avdf.experiment.repeat_table import markdown, repeat_table
from avdf.run_folder import RunFolder

NAMES = ["clean", "white_noise_10_db", "a_law"]  # of the config of the run


def test_a_run_ends_with_its_stress_test(run: Path):
    table = pd.read_csv(run / "stress.csv")
    assert list(table["condition"].unique()) == NAMES
    assert {path.name for path in (run / "stress").iterdir()} == {
        *("stress.json", "stress.html", "scores.csv", "groups.csv", "figures"),
    }
    assert not RunFolder(run).stress_unfinished_csv.exists()


def test_the_clean_scores_are_those_of_scores_csv_for_the_same_clips_to_1e_6(run: Path):
    stress, scores = (pd.read_csv(run / name) for name in ("stress/scores.csv", "scores.csv"))
    clean = stress[stress["condition"] == "clean"].set_index("clip")
    test = scores[scores["split"] == "test"]
    expected = test.set_index("clip").loc[clean.index]
    np.testing.assert_allclose(clean["score"], expected["score"], atol=1e-6)
    once = test.drop_duplicates(["track", "is_fake"])
    assert len(clean) == len(once) < len(test)
    assert set(clean["track"]) == set(test["track"])


def test_metrics_json_has_clean_worst_and_mean_and_keeps_its_other_keys(run: Path):
    metrics, table = read_json(run / "metrics.json"), pd.read_csv(run / "stress.csv")
    assert set(metrics) == {"threshold", "calibration", "splits", "stress"}
    values = table.pivot(index="condition", columns="metric", values="value")
    channels = values.drop(index="clean")
    for metric, worst in (("fpr", channels["fpr"].max()), ("auc", channels["auc"].min())):
        assert metrics["stress"]["clean"][metric] == pytest.approx(values.loc["clean", metric])
        assert metrics["stress"]["worst"][metric] == pytest.approx(worst)
        assert metrics["stress"]["mean"][metric] == pytest.approx(channels[metric].mean())
        named = metrics["stress"]["worst_condition"][metric]
        assert channels.loc[named, metric] == pytest.approx(worst)


def test_the_audit_shows_in_domain_worst_channel_and_unseen_attack_together(run: Path):
    page = (run / "audit" / "audit.html").read_text("utf-8")
    first_screen = page[: page.index('class="verdicts')]
    for words in ("AUC in domain", "Worst channel", "Attacks that training never had", "not measured"):
        assert words in first_screen
    digest = read_json(run / "audit" / "audit.json")["stress"]
    assert all(sentence in first_screen for sentence in digest["sentences"])
    assert "Training has had none of these 2 channels." in digest["sentences"]


def test_evaluate_puts_the_worst_channel_beside_its_figures(run: Path, tmp_path: Path):
    worst = read_json(run / "metrics.json")["stress"]["worst"]["auc"]
    lines = called("evaluate", run, "--out", tmp_path / "out").stdout.splitlines()
    assert lines[-2].startswith(f"AUC through the worst channel: {worst:.3f} ")
    assert lines[-2].endswith("on attacks that training never had: not measured")
    shutil.copytree(run, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "stress")
    lines = called("evaluate", tmp_path / "copy", "--out", tmp_path / "again").stdout.splitlines()
    assert lines[-2].startswith("AUC through the worst channel: not measured (avdf stress measures it)")


def test_a_table_over_seeds_has_the_worst_channel_and_the_mean_over_channels(run: Path):
    table = repeat_table({0: RunFolder(run), 1: RunFolder(run)}).set_index("figure")
    stress = read_json(run / "metrics.json")["stress"]
    for metric in ("auc", "fpr", "fnr"):
        assert table.loc[f"{metric}, worst channel", "mean"] == pytest.approx(stress["worst"][metric])
        assert table.loc[f"{metric}, mean over channels", "mean"] == pytest.approx(stress["mean"][metric])
    text = markdown(table.reset_index(), 2, same_split=False)
    assert "| auc, worst channel |" in text
    assert "On attacks that training never had: not measured." in text


def test_the_command_writes_where_it_is_told_and_only_with_leave_over_what_is_there(
    run: Path, tmp_path: Path
):
    refused = called("stress", run, "--conditions", "a_law")
    assert refused.status == 2
    assert "stress: exists; name another folder with --out, or replace it with --overwrite" in refused.stderr
    misspelt = called("stress", run, "--conditions", "alaw")  # said first: another folder would not help
    assert misspelt.status == 2
    assert "did you mean 'a_law'" in misspelt.stderr
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    done = called("stress", copy, "--conditions", "a_law", "excerpt_1_s", "--overwrite")
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(copy / "stress" / "stress.html")
    assert list(pd.read_csv(copy / "stress.csv")["condition"].unique()) == ["clean", "a_law", "excerpt_1_s"]
    assert read_json(copy / "metrics.json")["stress"]["num_channels"] == 2
    again, first = (pd.read_csv(folder / "stress/scores.csv") for folder in (copy, run))
    for name in ("clean", "a_law"):
        ours, theirs = (table["score"][table["condition"] == name] for table in (again, first))
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_detector_is_tried_on_another_corpus(run: Path, tmp_path: Path):
    make_tiny(tmp_path / "other", noise=0.012)
    copy = Path(shutil.copytree(run / "detector", tmp_path / "detector"))
    words = ("--corpus", "fakeavceleb", "--root", tmp_path / "other", "--conditions", "a_law")
    assert "belongs to no run; name the folder" in called("stress", copy, *words).stderr
    assert called("stress", copy, *words, "--out", tmp_path / "out").status == 0
    table = pd.read_csv(tmp_path / "out" / "stress.csv")
    assert list(table["condition"].unique()) == ["clean", "a_law"]
    assert table["seen_in_training"].isna().sum() == 3  # of a_law: the training is not known
    sample = read_json(tmp_path / "out" / "stress" / "stress.json")["sample"]
    assert sample["source"] == "all clips of fakeavceleb"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--conditions", "alaw"], "--conditions: no condition 'alaw', did you mean 'a_law'? (have: clean, "),
        (["--corpus", "fakeavceleb"], "--root: say where the corpus 'fakeavceleb' is"),
        (["--corpus", "no_such", "--root", "."], "--corpus: no corpus 'no_such'"),
        (["--corpus", "in_the_wild", "--root", "nowhere"], "--root: no folder 'nowhere'"),
        (["--table", "path=file"], "--table: goes with --corpus table --root PATH"),
        (["--root", "nowhere"], "--root: no folder 'nowhere' with the data of"),
    ],
)
def test_a_mistake_ends_the_command_with_exit_2_and_one_line(run: Path, tmp_path: Path, words, message):
    done = called("stress", run, *words, "--out", tmp_path / "out")
    assert done.status == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_the_data_of_the_training_is_no_other_corpus(run: Path, demo: Path, tmp_path: Path):
    words = ("--corpus", "fakeavceleb", "--root", demo, "--out", tmp_path / "out")
    assert (
        "is the data of the training; leave --corpus and --root out" in called("stress", run, *words).stderr
    )


def test_a_detector_without_its_run_needs_a_corpus(run: Path, tmp_path: Path):
    copy = Path(shutil.copytree(run / "detector", tmp_path / "detector"))
    done = called("stress", copy, "--out", tmp_path / "out")
    assert "a detector without its run; name the data with --corpus NAME --root PATH" in done.stderr


def test_the_folder_detector_of_a_run_is_that_run(run: Path, tmp_path: Path):
    done = called("stress", run / "detector", "--conditions", "a_law", "--out", tmp_path / "out")
    assert done.status == 0, done.stderr
    sample = read_json(tmp_path / "out" / "stress" / "stress.json")["sample"]
    assert sample["source"] == "the test split"


@pytest.mark.parametrize("content", ["[]", '{"digest": {"sentences": 7}}', "{}", '{"digest": null}'])
def test_a_damaged_stress_test_is_refused_with_its_file(run: Path, tmp_path: Path, content: str):
    copy = Path(shutil.copytree(run, tmp_path / "copy"))
    (copy / "stress" / "stress.json").write_text(content)
    done = called("audit", copy, "--out", tmp_path / "audit")
    assert done.status == 2
    assert "stress.json" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_folder_without_a_detector_is_named_before_an_option_is_asked_for(tmp_path: Path):
    for words in ((), ("--corpus", "in_the_wild", "--root", tmp_path)):
        done = called("stress", tmp_path, *words)
        assert done.status == 2
        assert done.stderr == f"error: {tmp_path}: no detector there; give the folder detector/ of a run\n"


def test_a_folder_that_is_not_there_is_named_first(tmp_path: Path):
    done = called("stress", tmp_path / "nowhere")
    assert done.status == 2
    assert done.stderr.startswith(f"error: {tmp_path / 'nowhere'}: neither a run nor a detector is there")
