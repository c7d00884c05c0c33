"""Validation while training: a recording is scored once, and counts as often as clips carry it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from accelerate import Accelerator
from making.scoring import score_clips
from making.sounds import RATE_HZ, make_sounds

from avdf.config.evaluation import EvaluationConfig
from avdf.config.schema import Config, DataConfig, ModelConfig
from avdf.data.dataset import LabelledClips
from avdf.detector import Detector, build_detector
from avdf.evaluation.metrics import binary_metrics
from avdf.evaluation.threshold_rules import best_threshold
from avdf.experiment.validation import Validation, metrics_of_validation

CONFIG = Config(
    data=DataConfig(seconds=0.3, sample_rate_hz=RATE_HZ),
    model=ModelConfig(
        features={"audio": {"name": "mfcc", "n_fft": 256}}, encoders={"audio": {"name": "audio_mfcc_linear"}}
    ),
    evaluation=EvaluationConfig(num_crops=2, groups=["race", "gender"]),
)
EVERY_CLIP = replace(CONFIG, evaluation=replace(CONFIG.evaluation, every_clip=True))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    """6 recordings of each of 8 people; that of a real clip is also in clips of the next person."""
    table, store = make_sounds(tmp_path_factory.mktemp("sounds"), tmp_path_factory.mktemp("cache"))
    people = sorted(set(table["voice"]))
    after = dict(zip(people, people[1:] + people[:1], strict=True))
    voices = [
        after[voice] if clip.endswith("1.wav") else voice for clip, voice in table[["clip", "voice"]].values
    ]
    # Numbers 0 and 1 of a person are one recording, 2 another one; a file's label is part of its name.
    tracks = [clip.replace("/1", "/0") for clip in table["clip"]]
    table = table.assign(track=tracks, voice=voices)
    return LabelledClips(table, store, target="audio", seconds=0.3)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return build_detector(CONFIG.model, RATE_HZ, 0.3).eval()


def test_one_clip_per_recording_is_scored_and_stands_for_all_its_clips(clips: LabelledClips):
    validation = Validation(CONFIG, clips)
    assert (len(clips), len(validation.scored)) == (48, 32)
    assert validation.rows["num_clips"].sum() == 48
    assert validation.describe() == "validation: 32 recordings standing for 48 clips"
    assert validation.counts == {"validation_scored": 32, "validation_clips": 48}


def test_metrics_are_those_of_all_clips_with_the_score_of_their_recording(
    clips: LabelledClips, detector: Detector
):
    """Brute force: a table of every clip, each with the score of the longest clip of its recording."""
    accelerator = Accelerator(cpu=True)
    scores = score_clips(detector, clips, num_crops=2, batch_size=64, accelerator=accelerator)
    table = pd.DataFrame({"track": clips.table["track"], "fake": clips.is_fake, "score": scores})
    table["num_samples"] = clips.lengths
    longest = (
        table.sort_values("num_samples").groupby(["track", "fake"])["score"].transform("last").sort_index()
    )
    threshold = best_threshold(table["fake"], longest)
    expected = binary_metrics(table["fake"], longest, threshold)
    metrics = Validation(CONFIG, clips).metrics(detector, accelerator)
    assert metrics["threshold"] == pytest.approx(threshold, abs=1e-9)
    for key in ("f2", "f2_at_prevalence", "auc"):
        assert metrics[key] == pytest.approx(expected[key], abs=1e-9)


def test_the_metrics_of_later_epochs_are_computed_from_kept_features(clips: LabelledClips):
    """With other weights the second scoring gives what a new validation gives."""
    accelerator = Accelerator(cpu=True)
    validation = Validation(CONFIG, clips)
    for seed in range(3):
        torch.manual_seed(seed)
        detector = build_detector(CONFIG.model, RATE_HZ, 0.3)
        metrics = validation.metrics(detector, accelerator)
        assert metrics == pytest.approx(Validation(CONFIG, clips).metrics(detector, accelerator), nan_ok=True)


def test_every_person_and_group_stays_in_the_rows(clips: LabelledClips):
    shared, every = Validation(CONFIG, clips).rows, Validation(EVERY_CLIP, clips).rows
    assert (len(shared), len(every)) == (40, 48)  # 16 tracks of two people, and 16 of one, in two labels
    for column in ("race", "gender", "is_fake"):
        people = shared.groupby(column)["identity"].agg(set)
        assert people.to_dict() == every.groupby(column)["identity"].agg(set).to_dict()
        clip_counts = shared.groupby(column)["num_clips"].sum()
        assert clip_counts.to_dict() == every.groupby(column)["num_clips"].sum().to_dict()


def test_the_worst_group_is_judged_by_people_not_by_recordings():
    """5 people of each class share one recording of theirs: the group is large enough; 4 people are not."""
    rows = pd.DataFrame(
        {
            "is_fake": [0, 1] * 5 + [0, 1] * 4,
            "score": [0.1, 0.2] * 5 + [0.9, 0.1] * 4,
            "identity": [f"id{number}" for number in range(9) for _ in range(2)],
            "race": ["African"] * 10 + ["Asian (East)"] * 8,
            "num_clips": 3,
        }
    )
    rule = EvaluationConfig(groups=["race"])
    metrics = metrics_of_validation(rows, rule)
    of_group = rows[rows["race"] == "African"]
    worst = binary_metrics(of_group["is_fake"], of_group["score"], metrics["threshold"])
    assert metrics["worst_group_f2"] == pytest.approx(worst["f2_at_prevalence"])
    few = metrics_of_validation(rows[rows["identity"] != "id0"], rule)
    assert np.isnan(few["worst_group_f2"])


def test_every_clip_scores_each_clip_with_its_own_sound(clips: LabelledClips, detector: Detector):
    validation = Validation(EVERY_CLIP, clips)
    accelerator = Accelerator(cpu=True)
    scores = score_clips(detector, clips, num_crops=2, batch_size=64, accelerator=accelerator)
    assert validation.describe() == "validation: each of 48 clips is scored after every epoch"
    expected = binary_metrics(clips.is_fake, scores, best_threshold(clips.is_fake, scores))
    assert validation.metrics(detector, accelerator)["f2"] == expected["f2"]
    assert validation.rows["num_clips"].eq(1).all()


def test_a_detector_that_looks_at_frames_scores_every_clip(clips: LabelledClips):
    model = replace(CONFIG.model, encoders={"video": {"name": "video_r3d"}})
    assert len(Validation(replace(CONFIG, model=model), clips).scored) == 48


def test_a_recording_under_two_labels_is_scored_under_each(clips: LabelledClips):
    """An audio detector judged by the label of the video: the recording is heard in real and fake videos."""
    table = clips.table.assign(video_fake=[number // 2 % 2 for number in range(len(clips))])
    of_video = LabelledClips(table, clips._store, target="video", seconds=0.3)
    validation = Validation(replace(CONFIG, data=replace(CONFIG.data, target="video")), of_video)
    labels = pd.DataFrame({"track": table["track"], "is_fake": of_video.is_fake}).drop_duplicates()
    assert len(validation.scored) == len(labels) > 32
    assert validation.rows["num_clips"].sum() == 48
