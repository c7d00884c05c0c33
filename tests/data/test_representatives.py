"""The clip that is scored for all clips of a recording: the longest, then the first by name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.sounds import RATE_HZ, row_of, write_wav

from avdf.data.audio.store import Decoding, open_store
from avdf.data.dataset import LabelledClips
from avdf.data.representatives import recordings, representatives

# clip: recording, whether it is fake, samples
CLIPS = {
    "a.wav": ("t1", 0, 5000),
    "b.wav": ("t1", 0, 6000),  # the longest real clip of t1, before d.wav by name
    "c.wav": ("t1", 1, 5500),  # t1 under the other label
    "d.wav": ("t1", 0, 6000),
    "e.wav": ("", 0, 5000),  # unknown recordings
    "f.wav": ("", 0, 5000),
    "g.wav": ("t0", 1, 4000),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> LabelledClips:
    root: Path = tmp_path_factory.mktemp("sounds")
    rows = []
    for number, (name, (track, fake, num_samples)) in enumerate(CLIPS.items()):
        write_wav(root / name, np.random.default_rng(number).normal(0, 0.1, num_samples))
        rows.append(row_of(name, "id90001", fake, 0) | {"track": track})
    table = pd.DataFrame(rows)
    store = open_store(root, table, tmp_path_factory.mktemp("cache"), Decoding(sample_rate_hz=RATE_HZ))
    return LabelledClips(table, store, target="audio", seconds=0.3)


def test_recordings_are_numbered_per_label_and_unknown_ones_are_kept_apart(clips: LabelledClips):
    assert recordings(clips).tolist() == [0, 0, 1, 0, 2, 3, 4]


def test_the_longest_clip_stands_for_a_recording_and_of_equal_ones_the_first_by_name(clips: LabelledClips):
    first = representatives(clips, recordings(clips))
    assert [clips.name(index) for index in first] == ["b.wav", "c.wav", "e.wav", "f.wav", "g.wav"]


def test_the_order_of_the_rows_changes_no_representative(clips: LabelledClips):
    for seed in range(5):
        shuffled = clips.selected(np.random.default_rng(seed).permutation(len(clips)))
        first = representatives(shuffled, recordings(shuffled))
        assert {shuffled.name(index) for index in first} == {"b.wav", "c.wav", "e.wav", "f.wav", "g.wav"}


def test_selected_clips_keep_their_sound_and_label(clips: LabelledClips):
    chosen = clips.selected(np.array([6, 2]))
    assert (len(chosen), chosen.is_fake.tolist()) == (2, [True, True])
    assert chosen.lengths.tolist() == [4000, 5500]
    for number, index in enumerate((6, 2)):
        assert chosen.name(number) == clips.name(index)
        np.testing.assert_array_equal(chosen.after_skip(number), clips.after_skip(index))
        np.testing.assert_array_equal(
            chosen.sample(number, 7)["waveform"], clips.sample(index, 7)["waveform"]
        )
