"""Groups of a clip and its copies: the same crop, the same draws, other copies in each epoch."""

from collections import Counter

import numpy as np
import pytest
from making.copied import copied_clips
from torch.utils.data import DataLoader

from avdf.data.batches import read_batches
from avdf.data.collating import collate
from avdf.data.dataset import CropKey, LabelledClips
from avdf.data.pairs import PairedCrops
from avdf.data.random_crops import RandomCrops


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    return copied_clips(tmp_path_factory.mktemp("copied"))


def starts(group: list[dict]) -> list[int]:
    """Where each crop of a ramp begins: its first sample, a copy being 8000 lower per number of the copy."""
    numbers = [int(sample["clip"].partition("-")[2].removesuffix(".wav") or 0) for sample in group]
    first = [round(float(sample["waveform"][0]) * 32768) for sample in group]
    return [value + 8000 * number for value, number in zip(first, numbers, strict=True)]


def paired(clips: LabelledClips, copies: int = 2, **settings) -> PairedCrops:
    return PairedCrops(RandomCrops(clips, seed=3, **settings), copies)


def test_a_group_is_a_clip_and_two_of_its_three_copies_cut_at_the_same_sample(clips: LabelledClips):
    crops = paired(clips)
    assert len(crops) == 8  # six clips with copies, a fake and a real clip without
    for item in range(6):
        group = crops[item]
        assert [sample["is_fake"] for sample in group] == [False, True, True]
        assert [sample["clip"].partition("-")[0] for sample in group] == [
            group[0]["clip"], *[f"fakes/{group[0]['clip'].removesuffix('.wav')}"] * 2
        ]  # fmt: skip
        assert len({sample["clip"] for sample in group}) == 3
        first, *others = starts(group)
        assert np.abs(np.array(others) - first).max() <= 1  # of 16 bits
    assert len({starts(crops[item])[0] for item in range(6)}) > 4
    assert [[sample["clip"] for sample in crops[item]] for item in (6, 7)] == [
        ["lone_fake.wav"], ["lone_real.wav"]
    ]  # fmt: skip


def test_a_clip_begins_where_it_does_without_copies(clips: LabelledClips):
    single, crops = RandomCrops(clips, seed=3), paired(clips)
    number = list(clips.table["clip"]).index("4.wav")
    np.testing.assert_array_equal(crops[4][0]["waveform"], single[number]["waveform"])


def test_all_clips_of_a_group_have_the_draws_of_their_parent(clips: LabelledClips):
    keys: list[CropKey] = []

    def augment(waveform, key):
        keys.append(key)
        return waveform + key.generator(5).normal(0, 0.01, len(waveform)).astype(np.float32)

    crops = paired(clips, augment=augment, draw=lambda key: key.generator(1).random())
    group, plain = crops[2 + 8], paired(clips)[2 + 8]  # of the second epoch
    assert keys == [CropKey(3, 1, "2.wav", 0)] * 3
    assert len({sample["drawn"] for sample in group}) == 1
    added = [noisy["waveform"] - sample["waveform"] for noisy, sample in zip(group, plain, strict=True)]
    np.testing.assert_allclose(added[0], added[1], atol=1e-6)
    assert np.abs(added[0]).max() > 0.01


def test_each_copy_is_drawn_in_two_of_three_epochs(clips: LabelledClips):
    """300 epochs: each of 3 copies about 200 times (standard deviation 8), and never the same for all."""
    crops = paired(clips)
    drawn = Counter(sample["clip"] for epoch in range(300) for sample in crops[epoch * 8][1:])
    assert set(drawn) == {f"fakes/0-{number}.wav" for number in (1, 2, 3)}
    assert all(abs(count - 200) < 35 for count in drawn.values())
    exposure = dict(zip(clips.table["clip"], crops.exposure, strict=True))
    assert exposure["fakes/0-1.wav"] == pytest.approx(2 / 3)
    assert exposure["0.wav"] == exposure["lone_fake.wav"] == 1


def test_a_clip_with_fewer_copies_than_asked_for_comes_with_all(clips: LabelledClips):
    crops = paired(clips, 5)
    assert [len(crops[item]) for item in range(8)] == [4] * 6 + [1, 1]
    assert crops.num_clips([0, 6, 7, 8]) == 4 + 1 + 1 + 4  # item 8 is item 0 of the second epoch


def test_a_group_depends_on_seed_epoch_and_clip_alone(clips: LabelledClips):
    order = np.random.default_rng(0).permutation(len(clips))
    shuffled = clips.selected(order)
    of_clip = {group[0]["clip"]: group for group in map(paired(shuffled).__getitem__, range(8))}
    for item in range(8):
        group = paired(clips)[item]
        again = of_clip[group[0]["clip"]]
        assert [sample["clip"] for sample in again] == [sample["clip"] for sample in group]
        for one, other in zip(again, group, strict=True):
            np.testing.assert_array_equal(one["waveform"], other["waveform"])


def test_a_batch_holds_groups_one_after_the_other_with_0_or_1_workers(clips: LabelledClips):
    crops = paired(clips)
    [batch] = read_batches(crops, [[1, 7, 0]], 0)
    assert batch["clip"] == [sample["clip"] for item in (1, 7, 0) for sample in crops[item]]
    assert batch["waveform"].shape == (7, 2000)
    assert batch["is_fake"].tolist() == [0, 1, 1, 0, 0, 1, 1]
    [by_worker] = read_batches(crops, [[1, 7, 0]], 1)
    np.testing.assert_array_equal(by_worker["waveform"], batch["waveform"])
    [loaded] = DataLoader(crops, batch_sampler=[[1]], collate_fn=collate)
    assert loaded["index"].tolist() == [sample["index"] for sample in crops[1]]


def test_two_crops_of_a_clip_differ_and_each_has_copies(clips: LabelledClips):
    crops = paired(clips, crops_per_clip=2)
    assert len(crops) == 16
    first, second = crops[0], crops[8]
    assert (first[0]["clip"], first[0]["crop"], second[0]["crop"]) == ("0.wav", 0, 1)
    assert starts(first)[0] != starts(second)[0]
