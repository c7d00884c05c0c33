"""A run keeps its calibration and the sound of its training in detector.json, and reports the former."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.runs import read_json

from avdf.config.detector_json import read_detector_json
from avdf.config.training_sound import SOUND_MEASURES
from avdf.data.clips import one_per_track, read_clips
from avdf.detection.loading import Choices, load_predictor
from avdf.detection.prediction import predict
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold_rules import best_threshold
from avdf.experiment.llr_map import choose_calibration


def test_the_calibration_follows_from_the_validation_rows_of_scores_csv(run: Path):
    facts = read_detector_json(run / "detector" / "detector.json")
    scores = pd.read_csv(run / "scores.csv", keep_default_na=False)
    calibration, reason = choose_calibration(CheckedScores.of(scores[scores["split"] == "validation"]))
    assert (facts.calibration, facts.calibration_reason) == (calibration, reason)


def test_the_report_has_cllr_and_reliability_or_the_reason(run: Path):
    facts = read_detector_json(run / "detector" / "detector.json")
    metrics, audit = (read_json(run / name) for name in ("metrics.json", "audit/audit.json"))
    page = (run / "audit" / "audit.html").read_text("utf-8")
    told = metrics["calibration"]
    if facts.calibration is None:
        assert told == {"reason": facts.calibration_reason}
        assert "calibration" not in audit
        return
    assert dataclasses.asdict(facts.calibration).items() <= told.items()
    assert told["splits"]["test"]["before"]["cllr"] == pytest.approx(metrics["splits"]["test"]["cllr"])
    assert audit["calibration"]["splits"] == {"test": told["splits"]["test"]}
    assert "Scores as likelihood ratios" in page


def test_the_quantiles_are_those_of_the_training_clips(run: Path):
    facts = read_detector_json(run / "detector" / "detector.json")
    clips = read_clips(run / "clips.csv").merge(pd.read_csv(run / "split.csv"))
    train = one_per_track(clips[clips["split"] == "train"])
    sound = facts.training_sound
    assert set(sound.quantiles) == set(SOUND_MEASURES)
    assert sound.num_clips == len(train)
    assert sound.audio_codecs == {"aac": 1}
    # probes of clips.csv are rounded to three digits; they are taken of the same samples
    for name in ("bandwidth_hz", "loudness_db"):
        assert sound.quantiles[name][0] == pytest.approx(train[name].min(), abs=2e-3)
        assert np.median(train[name]) == pytest.approx(sound.quantiles[name][3], abs=2e-3)


def test_the_threshold_of_the_highest_crop_is_chosen_on_its_own_validation_scores(run: Path, demo: Path):
    facts = read_detector_json(run / "detector" / "detector.json")
    scores = pd.read_csv(run / "scores.csv")
    validation = scores[scores["split"] == "validation"]
    predictor = load_predictor(run / "detector", Choices(whole="max"))
    told = [item["score"] for item in predict(predictor, [demo / clip for clip in validation["clip"]])]
    best = best_threshold(validation["is_fake"], told)
    assert predictor.threshold == facts.thresholds["max"].value == pytest.approx(best, abs=1e-4)
    assert set(facts.thresholds) == {"max"}
