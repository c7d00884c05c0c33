"""Samples: short clips are repeated, crops depend on seed, epoch and clip only, frames match the seconds."""

from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

from avdf.config.schema import FramesConfig
from avdf.data.audio.shard_set import Decoding
from avdf.data.audio.store import open_store
from avdf.data.crops import even_starts, repeat_padded
from avdf.data.dataset import CropKey, LabelledClips
from avdf.data.random_crops import RandomCrops
from avdf.data.video.store import open_frames

RATE_HZ = 16000


def test_a_short_clip_is_repeated_and_never_padded():
    assert repeat_padded(np.array([1, 2, 3]), 2, 7).tolist() == [3, 1, 2, 3, 1, 2, 3]


def test_four_crops_of_10_over_40_samples_start_at_0_10_20_30():
    assert even_starts(40, 10, 4).tolist() == [0, 10, 20, 30]


def test_one_crop_lies_in_the_middle_and_a_short_clip_starts_at_0():
    assert even_starts(40, 10, 1).tolist() == [15]
    assert even_starts(8, 10, 3).tolist() == [0, 0, 0]


@pytest.fixture(scope="module")
def clips_and_store(tmp_path_factory: pytest.TempPathFactory):
    """Two clips: the pitch of the tone identifies the clip, the grey of the frames the time."""
    root = tmp_path_factory.mktemp("films")
    rows = []
    for number, seconds in enumerate((2.0, 0.5)):
        name = f"{number}.mp4"
        write_film(root / name, seconds, pitch_hz=500 * (number + 1))
        rows.append(
            {"clip": name, "type": "AB"[number], "method": "real", "race": "African", "gender": "men"}
        )
    clips = pd.DataFrame(rows).assign(
        source="id90001", voice="id90001", voice_rule="source", identities="id90001", track="t1"
    )
    clips = clips.assign(audio_fake=[0, 1], video_fake=0, size_bytes=1)
    store = open_store(root, clips, tmp_path_factory.mktemp("cache"), Decoding(sample_rate_hz=RATE_HZ))
    return root, clips, store


def write_film(path: Path, seconds: float, pitch_hz: float) -> None:
    with av.open(str(path), "w") as film:
        picture = film.add_stream("libx264", rate=25, options={"crf": "10"})
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        sound = film.add_stream("aac", rate=RATE_HZ, layout="mono")
        for number in range(int(seconds * 25)):
            grey = np.full((32, 32, 3), 20 + 4 * number, np.uint8)
            film.mux(picture.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
        tone = (0.3 * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)
        for at in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, at
            film.mux(sound.encode(frame))
        film.mux(picture.encode())
        film.mux(sound.encode())


def dataset(clips_and_store, **settings) -> LabelledClips:
    root, clips, store = clips_and_store
    if "frames" in settings:
        decoding = Decoding(sample_rate_hz=RATE_HZ)
        settings["frames"] = open_frames(root, store.table, root / "cache", settings["frames"], decoding)
    return LabelledClips(clips, store, **{"target": "audio", "seconds": 1.0, **settings})


def test_a_sample_names_its_clip_and_label(clips_and_store):
    sample = dataset(clips_and_store).sample(1, 0)
    assert (sample["clip"], sample["is_fake"]) == ("1.mp4", True)
    assert sample["waveform"].shape == (RATE_HZ,)
    assert "frames" not in sample


def test_frames_are_those_of_the_same_seconds(clips_and_store):
    frames = FramesConfig(num_frames=4, height=16, width=16, per_second=20)
    sample = dataset(clips_and_store, seconds=0.4, frames=frames).sample(0, RATE_HZ)
    assert sample["frames"].shape == (4, 3, 16, 16)
    # crops of 0.4 s from 1 s on: middles at 1.05, 1.15, 1.25, 1.35 s are pictures 26, 28, 31, 33
    greys = sample["frames"].mean(axis=(1, 2, 3))
    assert np.abs(greys - [20 + 4 * number for number in (26, 28, 31, 33)]).max() < 3


def test_skip_start_drops_the_same_seconds_of_every_clip(clips_and_store):
    whole, skipped = dataset(clips_and_store), dataset(clips_and_store, skip_start_s=0.25)
    assert len(whole.after_skip(0)) - len(skipped.after_skip(0)) == RATE_HZ // 4
    assert len(skipped.after_skip(0)) - len(skipped.without_start(0.5).after_skip(0)) == RATE_HZ // 2
    np.testing.assert_array_equal(skipped.sample(0, 0)["waveform"], whole.sample(0, RATE_HZ // 4)["waveform"])


def test_the_place_of_a_crop_depends_on_seed_epoch_and_clip_only(clips_and_store):
    first, again = (RandomCrops(dataset(clips_and_store), seed=3, crops_per_clip=2) for _ in range(2))
    list(again[item] for item in (3, 1, 2))  # what was read before does not matter
    np.testing.assert_array_equal(first[0]["waveform"], again[0]["waveform"])
    next_epoch = again[len(again)]
    assert next_epoch["clip"] == first[0]["clip"]
    assert not np.array_equal(first[0]["waveform"], next_epoch["waveform"])
    assert not np.array_equal(first[0]["waveform"], first[2]["waveform"])  # the clip's second crop


def test_an_augmentation_is_given_the_seed_the_epoch_the_clip_and_the_crop(clips_and_store):
    seen = []

    def mute(waveform, key):
        seen.append(key)
        return waveform * 0

    crops = RandomCrops(dataset(clips_and_store), seed=0, crops_per_clip=2, augment=mute)
    assert not crops[5 * len(crops) + 3]["waveform"].any()
    assert seen == [CropKey(seed=0, epoch=5, clip="1.mp4", crop=1)]
