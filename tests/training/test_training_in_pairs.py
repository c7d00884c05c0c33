"""Trainings on groups of a clip and its copies: weights, repeatability, interrupts, shares of processes."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from making.copied import copied_clips
from making.trainings import same_weights, trained

from avdf.config.training import PairsConfig, TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops
from avdf.training.augmentation import build_augmentation
from avdf.training.data import training_data
from avdf.training.steps import Plan

PAIRS = PairsConfig(copies_per_clip=1)
CONFIG = TrainConfig(epochs=2, batch_size=5, learning_rate=0.01, pairs=PAIRS)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    """Six real clips with three copies each, and a fake and a real clip without."""
    return copied_clips(tmp_path_factory.mktemp("copied"))


def prepared(copied: LabelledClips, config: TrainConfig):
    crops = PairedCrops(RandomCrops(copied, seed=0), config.pairs.copies_per_clip)
    return training_data(crops, build_augmentation({}), config)


def test_real_and_fake_have_equal_weight_in_what_an_epoch_holds(copied: LabelledClips):
    """7 real clips and 1 + 6 fakes are read per epoch: the weights are 1, though there are 19 fakes."""
    data = prepared(copied, CONFIG)
    np.testing.assert_allclose(data.weights, 1.0, rtol=1e-6)
    two = prepared(copied, TrainConfig(batch_size=6, pairs=PairsConfig(copies_per_clip=2)))
    is_fake = copied.is_fake  # 7 real clips, 1 + 12 fakes: each class has 10 of 20
    np.testing.assert_allclose(two.weights[~is_fake], 10 / 7, rtol=1e-6)
    np.testing.assert_allclose(two.weights[is_fake], 10 / 13, rtol=1e-6)


def test_a_batch_of_5_clips_holds_2_pairs_and_an_epoch_of_8_groups_4_steps(copied: LabelledClips):
    data = prepared(copied, CONFIG)
    assert (data.items_per_batch(5), data.num_steps(5)) == (2, 4)
    assert (data.items_per_batch(1), data.num_steps(1)) == (1, 8)


def test_processes_share_the_groups_of_a_batch_and_divide_none():
    """5 groups in batches of at most 3, for two processes: each group in one of them."""
    whole = list(Plan(5, 3, 0, (0, 0), 2))
    shares = [list(Plan(5, 3, 0, (0, 0), 2, rank, 2)) for rank in (0, 1)]
    assert [one + other for one, other in zip(*shares, strict=True)] == whole
    assert sorted(whole[0] + whole[1]) == [0, 1, 2, 3, 4]
    assert sorted(whole[2] + whole[3]) == [5, 6, 7, 8, 9]


def test_the_same_seed_gives_the_same_weights_with_0_or_2_workers(copied: LabelledClips):
    assert same_weights(trained(copied, CONFIG)[0], trained(copied, CONFIG, workers=2)[0])
    single = TrainConfig(epochs=2, batch_size=5, learning_rate=0.01)
    assert not same_weights(trained(copied, CONFIG)[0], trained(copied, single)[0])


def test_a_training_that_stops_within_an_epoch_ends_with_the_weights_of_one_that_does_not(
    copied: LabelledClips, tmp_path: Path
):
    calls = 0

    def augment(waveform, key):
        nonlocal calls
        calls += 1
        if calls == 11:  # in the third step of four: pairs of 4, 4, 3 and 3 clips or so
            os.kill(os.getpid(), signal.SIGTERM)
        return waveform

    with pytest.raises(KeyboardInterrupt):
        trained(copied, CONFIG, checkpoints=tmp_path, augment=augment)
    [state] = [path.stem for path in tmp_path.glob("state-0000-*.pt")]
    assert state in ("state-0000-000003", "state-0000-000004")
    continued, _ = trained(copied, CONFIG, checkpoints=tmp_path)
    assert same_weights(continued, trained(copied, CONFIG)[0])
