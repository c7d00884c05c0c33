"""The crops that clips are scored by: those of each clip in a row, equal ones read once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.sounds import RATE_HZ, row_of, write_wav

from avdf.data.audio.store import Decoding, open_store
from avdf.data.collating import collate
from avdf.data.crops import even_starts, repeat_padded
from avdf.data.dataset import LabelledClips
from avdf.data.even_crops import EvenCrops

CROP = 4500  # samples: 0.56 s
# clip: the number of the sound, samples
CLIPS = {
    "a.wav": (0, 9000),
    "b.wav": (1, 9000),
    "c.wav": (0, 9000),  # the samples of a.wav
    "d.wav": (2, 4100),  # shorter than a crop
    "e.wav": (2, 4100),
    "f.wav": (0, 8999),  # a.wav without its last sample
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    root: Path = tmp_path_factory.mktemp("sounds")
    rows = []
    for name, (sound, num_samples) in CLIPS.items():
        write_wav(root / name, np.random.default_rng(sound).normal(0, 0.1, 9000)[:num_samples])
        rows.append(row_of(name, "id90001", sound % 2, 0))
    table = pd.DataFrame(rows)
    store = open_store(root, table, tmp_path_factory.mktemp("cache"), Decoding(sample_rate_hz=RATE_HZ))
    return LabelledClips(table, store, target="audio", seconds=CROP / RATE_HZ)


def plain_crop(clips: LabelledClips, index: int, number: int, num_crops: int) -> np.ndarray:
    heard = clips.after_skip(index)
    return repeat_padded(heard, int(even_starts(len(heard), CROP, num_crops)[number]), CROP) / np.float32(
        32767
    )


@pytest.mark.parametrize("share_sounds", [False, True])
def test_every_crop_of_every_view_has_its_own_samples(clips: LabelledClips, share_sounds: bool):
    """Brute force: the crops of each clip of each view, cut out one by one."""
    views = [clips, clips.without_start(0.05), clips.without_start(0.06)]
    crops = EvenCrops(views, num_crops=3, share_sounds=share_sounds)
    assert crops.places.shape == (3, 6, 3)
    for (view, index, number), item in np.ndenumerate(crops.places):
        expected = plain_crop(views[view], index, number, 3)
        np.testing.assert_allclose(crops[int(item)]["waveform"], expected, atol=1e-7)


def test_the_crops_of_one_clip_are_read_after_the_other(clips: LabelledClips):
    crops = EvenCrops([clips], num_crops=3)
    batch = collate([crops[item] for item in range(len(crops))])
    long = ("a.wav", "b.wav", "c.wav")
    assert batch["clip"] == [name for name in long for _ in range(3)] + ["d.wav", "e.wav"] + ["f.wav"] * 3
    assert batch["crop"] == [0, 1, 2] * 3 + [0, 0] + [0, 1, 2]
    assert batch["waveform"].shape == (14, CROP)


def test_a_clip_no_longer_than_a_crop_is_one_crop(clips: LabelledClips):
    crops = EvenCrops([clips], num_crops=3)
    assert crops.places[0, 3].tolist() == [9, 9, 9]
    assert crops.places[0, 0].tolist() == [0, 1, 2]


def test_two_views_share_the_crop_at_the_end_of_a_clip(clips: LabelledClips):
    crops = EvenCrops([clips, clips.without_start(0.05)], num_crops=3)
    first, later = crops.places[:, 0]
    assert first[-1] == later[-1]
    assert len({*first, *later}) == 5
    # A short clip is repeated from where it is heard on: without its start it is another sound.
    assert crops.places[0, 3, 0] != crops.places[1, 3, 0]


def test_clips_of_identical_samples_share_their_crops_if_asked_to(clips: LabelledClips):
    crops = EvenCrops([clips], num_crops=3, share_sounds=True)
    assert crops.places[0, 0].tolist() == crops.places[0, 2].tolist()
    assert crops.places[0, 3].tolist() == crops.places[0, 4].tolist()
    apart = (
        set(crops.places[0, 0]) | set(crops.places[0, 1]) | set(crops.places[0, 3]) | set(crops.places[0, 5])
    )
    assert len(apart) == len(crops) == 3 + 3 + 1 + 3
