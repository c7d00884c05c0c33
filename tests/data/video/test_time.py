"""Frames in a crop are those of the moment that is heard: the film shows its time, the sound beeps it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.timed import RATE_HZ, number_in, write_timed

from avdf.config.schema import FramesConfig
from avdf.data.audio.shard_set import Decoding
from avdf.data.audio.store import open_store
from avdf.data.dataset import LabelledClips
from avdf.data.video.store import open_frames

BEEP_S = 1.7
ROW = {"type": "A", "method": "real", "source": "p", "voice": "p", "voice_rule": "source", "identities": "p"}


def constant(rate_hz: float, start_s: float = 0.0, seconds: float = 3.0) -> np.ndarray:
    return start_s + np.arange(int((seconds - start_s) * rate_hz)) / rate_hz


FILMS = {
    "23.98 frames a second": {"times_s": constant(24000 / 1001)},
    "25 frames a second": {"times_s": constant(25)},
    "29.97 frames a second": {"times_s": constant(30000 / 1001)},
    "60 frames a second": {"times_s": constant(60)},
    "the sound begins later": {"times_s": constant(25), "audio_start_s": 0.5, "seconds": 2.5},
    "the picture begins later": {"times_s": constant(25, start_s=0.4)},
    "a variable rate": {"times_s": np.cumsum(np.tile([0.02, 0.02, 0.1, 0.04], 16))},
    "MPEG-4 part 2": {"times_s": constant(25), "codec": "mpeg4"},
    "the picture ends first": {"times_s": constant(25, seconds=2.2)},
    "an odd width and height": {"times_s": constant(25), "size": (131, 67)},
    "odd sizes in MPEG-4 part 2": {"times_s": constant(25), "size": (131, 67), "codec": "mpeg4"},
    "stored upside down": {"times_s": constant(25), "half_turn": True},
}


@pytest.mark.parametrize("name", FILMS)
def test_the_frame_of_the_beep_is_on_screen_when_it_is_heard_within_one_frame(name: str, tmp_path: Path):
    film = FILMS[name]
    times_s = film["times_s"]
    write_timed(tmp_path / "clip.mp4", beep_s=BEEP_S, **film)
    clips = pd.DataFrame([{"clip": "clip.mp4", "audio_fake": 0, "video_fake": 0, "track": "t1", **ROW}])
    decoding = Decoding(sample_rate_hz=RATE_HZ)
    store = open_store(tmp_path, clips, tmp_path / "cache", decoding)
    config = FramesConfig(num_frames=40, height=32, width=64, per_second=60)
    frames = open_frames(tmp_path, store.table, tmp_path / "cache", config, decoding)
    labelled = LabelledClips(clips, store, target="video", seconds=1.2, frames=frames)
    start = round(0.9 * RATE_HZ)
    sample = labelled.sample(0, start)
    assert sample["has_video"]
    heard_s = np.argmax(np.abs(sample["waveform"]) > 0.1) / RATE_HZ  # of the crop
    middles_s = (np.arange(40) + 0.5) / 40 * 1.2
    at = int(np.argmin(np.abs(middles_s - heard_s)))
    shown = number_in(sample["frames"][at])
    wanted_s = BEEP_S + middles_s[at] - heard_s
    longest = np.diff(times_s).max()
    # On screen from times_s[shown] until the next one begins, give or take half of 1/60 s and a frame.
    assert (
        times_s[shown] - longest - 1 / 120 <= wanted_s <= times_s[min(shown + 1, len(times_s) - 1)] + longest
    )
    numbers = [number_in(frame) for frame in sample["frames"]]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) >= 8


def test_two_crops_of_a_clip_have_the_frames_of_their_own_seconds(tmp_path: Path):
    write_timed(tmp_path / "clip.mp4", constant(25), beep_s=0.0, seconds=3.0)
    clips = pd.DataFrame([{"clip": "clip.mp4", "audio_fake": 0, "video_fake": 0, "track": "t1", **ROW}])
    decoding = Decoding(sample_rate_hz=RATE_HZ)
    store = open_store(tmp_path, clips, tmp_path / "cache", decoding)
    config = FramesConfig(num_frames=4, height=32, width=64, per_second=25)
    frames = open_frames(tmp_path, store.table, tmp_path / "cache", config, decoding)
    labelled = LabelledClips(clips, store, target="video", seconds=0.8, frames=frames)
    # middles of quarters of 0.8 s: 0.1, 0.3, 0.5, 0.7 s, at 25 a second 2.5, 7.5, 12.5, 17.5 frames on
    for begins_s in (0.0, 1.0, 2.0):
        sample = labelled.sample(0, round(begins_s * RATE_HZ))
        numbers = np.array([number_in(frame) for frame in sample["frames"]])
        assert np.abs(numbers - (25 * begins_s + np.array([2.5, 7.5, 12.5, 17.5]))).max() <= 1.5
