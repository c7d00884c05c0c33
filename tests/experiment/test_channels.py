"""Trainings whose crops are read through channels: copies and their parents alike, nothing else changed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.runs import CONFIG, read_json, short_settings
from making.tiny import make_tiny

from avdf.commands.dispatch import call
from avdf.config.schema import Config
from avdf.data.dataset import CropKey, LabelledClips
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops
from avdf.detector_folder import load_detector
from avdf.errors import ConfigError
from avdf.evaluation.threshold_rules import best_threshold
from avdf.experiment.channels import validation_through_channels, with_channel_copies
from avdf.experiment.data import ExperimentData, load_data
from avdf.experiment.machine import new_accelerator
from avdf.experiment.run import run_experiment
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder

COPIES = [
    "data.channel_copies.channels=[{name: noise, snr_db: {min: 3, max: 30}}, {name: codec, codec: mu_law}]",
    "data.channel_copies.share=0.8",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 12 people, and in `fakes` a copy of each real clip."""
    folder = tmp_path_factory.mktemp("channels")
    root = make_tiny(folder / "FakeAVCeleb_v1.2", num_people=3)
    words = [str(root), "--out", str(folder / "fakes"), "--cache", str(folder / "cache"), "--workers", "1"]
    assert call("make_fakes", [*words, "--fakers", "lpc"], "avdf make_fakes") == 0
    return folder


def loaded(folder: Path, *words: str) -> tuple[Config, ExperimentData]:
    settings = short_settings(folder / "FakeAVCeleb_v1.2", folder)
    config = load_experiment(CONFIG, [*settings, f"data.fakes.root={folder / 'fakes'}", *words])
    return config, load_data(config)


def heard(folder: Path, *words: str) -> LabelledClips:
    config, data = loaded(folder, *words)
    return with_channel_copies(data.splits["train"], config.data, data.could_train)


def test_without_channels_the_clips_are_those_of_before(folder: Path):
    config, data = loaded(folder)
    assert with_channel_copies(data.splits["train"], config.data, data.could_train) is data.splits["train"]


def test_crops_are_read_through_channels_for_the_share_that_is_asked_for(folder: Path):
    clips = heard(folder, *COPIES)
    crops = RandomCrops(clips, seed=0)
    changed = []
    for item in range(4 * len(crops)):
        index = item % len(crops)
        start = crops.start_of(index, CropKey(0, item // len(crops), clips.name(index), 0))
        recorded = clips.sample(index, start)["waveform"]
        changed.append(not np.array_equal(crops[item]["waveform"], recorded))
    assert np.mean(changed) == pytest.approx(0.8, abs=0.1)


def test_a_clip_and_its_fake_are_read_side_by_side_through_the_same_channel(folder: Path):
    clips = heard(folder, *COPIES, "data.channel_copies.share=1")
    single = RandomCrops(clips, seed=0)
    pairs, likeness = PairedCrops(single, 1), []
    for item in range(4 * len(pairs)):
        group = pairs[item]
        if len(group) == 2:
            key = CropKey(0, item // len(pairs), group[0]["clip"], 0)
            start = single.start_of(group[0]["index"], key)
            recorded = [clips.sample(sample["index"], start)["waveform"] for sample in group]
            noises = [sample["waveform"] - clean for sample, clean in zip(group, recorded, strict=True)]
            likeness.append(np.corrcoef(*noises)[0, 1])
    noisy = np.array(likeness) > 0.99  # the same noise; what a codec does depends on the sound
    assert len(likeness) > 20
    assert 0.25 < noisy.mean() < 0.75


def test_validation_and_test_are_heard_as_recorded_and_the_split_is_the_same(folder: Path):
    _, without = loaded(folder)
    _, data = loaded(folder, *COPIES)
    for name in ("validation", "test"):
        ours, theirs = data.splits[name], without.splits[name]
        np.testing.assert_array_equal(ours.sample(0, 0)["waveform"], theirs.sample(0, 0)["waveform"])
    assert data.split.table.equals(without.split.table)


def test_trainings_with_other_splits_and_without_some_fakes_share_the_copies(folder: Path):
    heard(folder, *COPIES)
    files = {path: path.stat().st_mtime_ns for path in (folder / "cache").glob("channels-*/*/shard-*.i16")}
    heard(folder, *COPIES, "seed=7", "data.split.validation=0.3")
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert len(list((folder / "cache").glob("channels-*"))) == 1


def test_a_run_trains_through_channels_and_says_which_were_seen(folder: Path, tmp_path: Path):
    settings = short_settings(folder / "FakeAVCeleb_v1.2", folder)
    stress = "evaluation.stress=[white_noise_10_db, a_law, g722]"
    words = [*settings, *COPIES, stress, f"run.dir={tmp_path / 'run'}"]
    run = RunFolder(run_experiment(load_experiment(CONFIG, words), name="run"))
    conditions = read_json(run.stress / "stress.json")["conditions"]
    seen = {row["condition"]: row["seen_in_training"] for row in conditions}
    assert seen == {"clean": True, "white_noise_10_db": True, "a_law": True, "g722": False}
    assert [channel["name"] for channel in run.config().data.channel_copies.channels] == ["noise", "codec"]


@pytest.fixture(scope="module")
def run_by_channels(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run whose threshold was chosen through the channels of its training, too."""
    settings = short_settings(folder / "FakeAVCeleb_v1.2", folder)
    words = [
        *(*settings, *COPIES, f"data.fakes.root={folder / 'fakes'}", "data.fakes.in_validation=true"),
        *("evaluation.threshold.with_channels=true", "evaluation.threshold.max_fpr=0.2"),
        f"run.dir={tmp_path_factory.mktemp('by_channels') / 'run'}",
    ]
    return RunFolder(run_experiment(load_experiment(CONFIG, words), name="run"))


def test_the_threshold_is_the_best_over_validation_as_recorded_and_through_each_channel(
    run_by_channels: RunFolder,
):
    scores, heard = (
        pd.read_csv(path) for path in (run_by_channels.scores_csv, run_by_channels.validation_channels_csv)
    )
    recorded = scores[scores["split"] == "validation"]
    both = pd.concat([recorded, heard])
    chosen = run_by_channels.metrics()["threshold"]
    assert chosen["value"] == best_threshold(both["is_fake"], both["score"], max_fpr=0.2)
    assert chosen["num_clips"] == len(both)
    assert chosen["value"] != best_threshold(recorded["is_fake"], recorded["score"], max_fpr=0.2)


def test_each_recording_of_validation_is_heard_once_through_each_of_its_channels(run_by_channels: RunFolder):
    scores = pd.read_csv(run_by_channels.scores_csv)
    recorded = scores[scores["split"] == "validation"].set_index("clip")
    heard = pd.read_csv(run_by_channels.validation_channels_csv)
    numbers, clips = zip(*heard["clip"].str.split("/", n=1), strict=True)
    assert set(numbers) == {"0", "1"}
    assert set(recorded.loc[list(clips), "track"]) == set(recorded["track"])
    assert not heard.assign(number=numbers).duplicated(["number", "track", "is_fake", "clip"]).any()
    changed = heard["score"].to_numpy() - recorded.loc[list(clips), "score"].to_numpy()
    assert np.abs(changed).max() > 1e-3


def test_validation_makes_none_of_the_copies_of_training_again(run_by_channels: RunFolder, folder: Path):
    config = run_by_channels.config()
    data = load_data(config)
    with_channel_copies(data.splits["train"], config.data, data.could_train)
    files = {path: path.stat().st_mtime_ns for path in (folder / "cache").glob("channels-*/*/shard-*.i16")}
    detector, _ = load_detector(run_by_channels.detector)
    heard = validation_through_channels(config, detector, data, new_accelerator(config, None))
    assert {path: path.stat().st_mtime_ns for path in files} == files
    stored = pd.read_csv(run_by_channels.validation_channels_csv)
    np.testing.assert_allclose(heard["mean"]["score"], stored["score"], atol=1e-6)


def test_a_threshold_through_channels_needs_channels(folder: Path):
    with pytest.raises(ConfigError, match=r"^evaluation\.threshold\.with_channels: data\.channel_copies"):
        loaded(folder, "evaluation.threshold.with_channels=true")


def test_of_clips_with_one_recording_only_that_which_could_train_is_heard_through_channels(
    run_by_channels: RunFolder,
):
    config = run_by_channels.config()
    data = load_data(config)
    clips = data.splits["validation"].table["clip"]
    could_train = data.could_train[data.could_train["clip"] != clips.iloc[0]]
    detector, _ = load_detector(run_by_channels.detector)
    heard = validation_through_channels(
        config, detector, replace(data, could_train=could_train), new_accelerator(config, None)
    )["mean"]
    assert set(heard["clip"]) == {f"{number}/{clip}" for number in (0, 1) for clip in clips.iloc[1:]}
