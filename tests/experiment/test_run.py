"""One experiment on small made-up data, from mp4 files to the report: what the run folder holds."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from making.calls import called
from making.runs import CONFIG, TOP, read_json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from avdf.audit.sources import AuditOptions, read_audit_input
from avdf.config.loading import load_config
from avdf.data.clips import read_clips
from avdf.detection.listing import media_files
from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict
from avdf.errors import ConfigError, UserError
from avdf.experiment.evaluate import evaluate_run
from avdf.experiment.machine import check_machine
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment


def test_a_run_folder_holds_what_the_contract_names(run: Path):
    assert {path.name for path in run.iterdir()} >= {
        "config.yaml", "environment.json", "split.csv", "certificate.json", "history.csv",
        "checkpoints", "detector", "scores.csv", "metrics.json", "audit",
    }  # fmt: skip
    assert {path.name for path in (run / "audit").iterdir()} >= {
        "audit.json",
        "audit.html",
        "groups.csv",
        "gaps.csv",
    }
    assert not list(run.rglob("*.part"))


def test_the_resolved_config_names_every_default(run: Path):
    config = load_config(run / "config.yaml")
    assert config.model.features["audio"]["num_mels"] == 64
    assert config.train.batch_size == 16
    assert config.evaluation.beta == 2.0


def test_the_splits_of_the_score_table_share_no_person(run: Path):
    scores = pd.read_csv(run / "scores.csv")
    assert set(scores["split"]) == {"validation", "test"}
    assert not set(scores["identity"][scores["split"] == "test"]) & set(
        scores["identity"][scores["split"] == "validation"]
    )
    assert not read_json(run / "certificate.json")["leaks"]


def test_the_attacks_are_the_last_columns_of_the_score_table(run: Path):
    scores = pd.read_csv(run / "scores.csv", keep_default_na=False)
    assert scores.columns.tolist() == [
        *("clip", "split", "is_fake", "score", "identity", "race", "gender", "type", "method", "track"),
        *("score_without_start", "audio_attack", "video_attack"),
    ]
    assert dict(zip(scores["type"], scores["audio_attack"], strict=True)) == {
        "A": "", "B": "sv2tts", "C": "", "D": "sv2tts"
    }  # fmt: skip
    is_swapped = scores["type"].isin(["C", "D"])
    assert (scores["video_attack"] == scores["method"].where(is_swapped, "")).all()


def test_the_threshold_depends_on_the_validation_rows_alone(run: Path):
    """Brute force over the midpoints of the validation scores, F2 at prevalence one half."""
    scores = pd.read_csv(run / "scores.csv")
    rows = scores[scores["split"] == "validation"]
    fake, score = rows["is_fake"].to_numpy() == 1, rows["score"].to_numpy()
    distinct = np.unique(score)
    best = []
    for value in (distinct[1:] + distinct[:-1]) / 2:
        tpr, fpr = (score[fake] >= value).mean(), (score[~fake] >= value).mean()
        best.append((5 * 0.5 * tpr / (5 * 0.5 * tpr + 4 * 0.5 * (1 - tpr) + 0.5 * fpr), value))
    threshold = read_json(run / "detector" / "detector.json")["threshold"]
    assert threshold["value"] == pytest.approx(max(best)[1], abs=1e-12)
    assert (threshold["split"], threshold["num_clips"]) == ("validation", len(rows))
    assert read_json(run / "metrics.json")["threshold"] == threshold


def test_the_f2_of_metrics_json_follows_from_the_score_table(run: Path):
    metrics, scores = read_json(run / "metrics.json"), pd.read_csv(run / "scores.csv")
    for name, rows in scores.groupby("split"):
        called = rows["score"] >= metrics["threshold"]["value"]
        fake = rows["is_fake"] == 1
        tp, fn, fp = (called & fake).sum(), (~called & fake).sum(), (called & ~fake).sum()
        assert metrics["splits"][name]["f2"] == pytest.approx(5 * tp / (5 * tp + 4 * fn + fp))
        low, high = metrics["splits"][name]["ci"]["auc"]
        assert low <= metrics["splits"][name]["auc"] <= high


def test_every_report_on_demo_data_says_that_it_is_made_up(run: Path):
    assert any("MADE-UP DATA" in line for line in read_json(run / "audit" / "audit.json")["warnings"])
    assert "MADE-UP DATA" in (run / "audit" / "audit.html").read_text("utf-8")


def test_the_same_seed_gives_the_same_bytes_of_scores_with_any_number_of_workers(
    run: Path, settings: list[str], tmp_path: Path
):
    config = load_experiment(CONFIG, [*settings, f"run.dir={tmp_path / 'again'}", "data.workers=2"])
    again = run_experiment(config, name="again")
    assert (again / "scores.csv").read_bytes() == (run / "scores.csv").read_bytes()


def test_a_second_run_decodes_nothing(run: Path, settings: list[str], tmp_path: Path):
    cache = Path(settings[1].partition("=")[2])
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
    run_experiment(
        load_experiment(CONFIG, [*settings, f"run.dir={tmp_path / 'second'}", "seed=1"]), name="second"
    )
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()} == before


def test_predict_gives_a_clip_the_score_of_the_run(run: Path, demo: Path):
    scores = pd.read_csv(run / "scores.csv").head(5)
    predictor = load_predictor(run / "detector")
    calls = list(predict(predictor, [demo / clip for clip in scores["clip"]]))
    np.testing.assert_allclose([call["score"] for call in calls], scores["score"], atol=1e-6)
    assert [call["called_fake"] for call in calls] == [call["score"] >= predictor.threshold for call in calls]


def test_a_run_by_the_highest_logit_keeps_the_rule_with_its_threshold(
    run: Path, demo: Path, settings: list[str], tmp_path: Path
):
    """By the highest of 4 logits all scores rise, the threshold with them, and predict gives the same."""
    folder = tmp_path / "highest"
    config = load_experiment(
        CONFIG, [*settings, f"run.dir={folder}", "evaluation.whole=max", "train.checkpoint=last"]
    )
    run_experiment(config, name="highest")
    assert read_json(folder / "detector" / "detector.json")["whole"] == "max"
    scores = pd.read_csv(folder / "scores.csv")
    clips = scores.groupby("split").head(3)
    predictor = load_predictor(folder / "detector")
    calls = list(predict(predictor, [demo / clip for clip in clips["clip"]]))
    np.testing.assert_allclose([call["score"] for call in calls], clips["score"], atol=1e-6)
    of_parts = [max(part["score"] for part in call["segments"]) for call in calls]
    assert of_parts == [call["score"] for call in calls]
    stress = pd.read_csv(folder / "stress" / "scores.csv")
    clean = stress[stress["condition"] == "clean"].set_index("clip")["score"]
    np.testing.assert_allclose(clean, scores.set_index("clip")["score"][clean.index], atol=1e-6)


def test_predict_hears_all_of_a_long_file_and_reads_wav(run: Path, tmp_path: Path):
    from making.sounds import write_wav

    write_wav(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 16000 * 20), 16000)
    (call,) = predict(load_predictor(run / "detector"), media_files([tmp_path]))
    assert call["seconds"] == 20
    assert [round(part["start_s"], 2) for part in call["segments"]] == [0, 2.83, 5.67, 8.5, 11.33, 14.17, 17]
    assert call["segments"][-1]["end_s"] == 20


def test_predict_names_a_file_it_cannot_read_and_ends_with_1(run: Path, tmp_path: Path):
    (tmp_path / "broken.mp4").write_bytes(b"no media file")
    done = called("predict", run / "detector", tmp_path / "broken.mp4", "--json")
    assert done.status == 1
    (call,) = json.loads(done.stdout)
    assert call["error"].startswith("unreadable")
    assert call["score"] is None
    assert "broken.mp4: unreadable" in done.stderr


def test_evaluate_gives_the_test_scores_of_the_run(run: Path, tmp_path: Path):
    evaluate_run(run, "test", tmp_path)
    with pytest.raises(UserError, match=r"scores.csv: exists; name another folder with --out"):
        evaluate_run(run, "test", run)
    again, scores = pd.read_csv(tmp_path / "scores.csv"), pd.read_csv(run / "scores.csv")
    np.testing.assert_allclose(again["score"], scores["score"][scores["split"] == "test"], atol=1e-6)


def test_the_report_names_the_settings_for_fairer_training(run: Path):
    settings = {"balance": "class", "checkpoint": "f2", "loss": "bce"}
    assert read_json(run / "audit" / "audit.json")["provenance"]["training"] == settings
    assert read_audit_input(run, AuditOptions()).provenance["training"] == settings
    assert "bce" in (run / "audit" / "audit.html").read_text("utf-8")


def test_tensorboard_has_the_metrics_of_history_csv_of_every_epoch(
    settings: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    words = [*settings, f"run.dir={tmp_path / 'run'}", "run.trackers=[tensorboard]"]
    run = run_experiment(load_experiment(CONFIG, words), name="run")
    [log] = (run / "log").rglob("events.out.tfevents.*")
    events = EventAccumulator(str(log)).Reload()
    history = pd.read_csv(run / "history.csv")
    for metric in ("loss", "auc", "f2_at_prevalence", "learning_rate"):
        scalars = events.Scalars(metric)
        assert [scalar.step for scalar in scalars] == [1, 2]
        assert [scalar.value for scalar in scalars] == pytest.approx(list(history[metric]), rel=1e-6)
    table = read_clips(run / "clips.csv").merge(pd.read_csv(run / "split.csv"))
    validation = table[table["split"] == "validation"]
    num_recordings = len(validation[["track", "audio_fake"]].drop_duplicates())
    assert set(history["validation_scored"]) == {num_recordings}
    assert set(history["validation_clips"]) == {len(validation)}
    line = f"validation: {num_recordings} recordings standing for {len(validation)} clips"
    assert [message for message in caplog.messages if message.startswith("validation:")] == [line]
    [text] = events.Tensors("validation/text_summary")
    assert text.tensor_proto.string_val[0].decode() == line


def test_training_runs_in_bf16_and_scoring_in_float32(settings: list[str], tmp_path: Path):
    """In a separate process, since Accelerate keeps one precision for the life of a process."""
    words = [*settings, "train.precision=bf16"]
    run, tools = tmp_path / "run", TOP / "tools"
    small = ["model.encoders.audio.channels=[8, 8]", f"run.dir={run}"]
    config = TOP / "configs" / "audio_cnn.yaml"
    train = [sys.executable, tools / "train.py", config, *words, *small]
    done = subprocess.run(train, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    config_text = (run / "config.yaml").read_text("utf-8").replace("precision: bf16", "precision: 'no'")
    (run / "config.yaml").write_text(config_text, "utf-8")
    evaluate_run(run, "test", tmp_path / "float32")
    float32, scores = pd.read_csv(tmp_path / "float32" / "scores.csv"), pd.read_csv(run / "scores.csv")
    # bf16 has 8 bits of precision: its scores would differ by about 1e-3
    np.testing.assert_allclose(float32["score"], scores["score"][scores["split"] == "test"], atol=1e-6)
    assert float32["score"].std() > 1e-4


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU has fp16")
def test_a_precision_that_the_machine_lacks_is_refused():
    with pytest.raises(ConfigError, match=r"train\.precision: fp16 needs a GPU; give bf16, or no"):
        check_machine(load_config(CONFIG, ["train.precision=fp16"]))
