"""Each recording once per label, of at most 200 people, drawn by the seed."""

import numpy as np
import pandas as pd
import pytest
from making.sounds import row_of

from avdf.data.audio.store import Store
from avdf.data.dataset import LabelledClips
from avdf.stress.sample import sampled


def clips_of(rows: list[dict]) -> LabelledClips:
    table = pd.DataFrame(rows)
    places = {"clip": table["clip"], "shard": 0, "start": 0, "num_samples": 1, "audio_start_s": 0.0}
    store = Store(folder=None, sample_rate_hz=8000, table=pd.DataFrame(places), skipped=pd.DataFrame())
    return LabelledClips(table, store, target="audio", seconds=1)


def names(clips: LabelledClips) -> list[str]:
    return list(clips.table["clip"])


def test_of_21_clips_with_one_recording_one_is_heard_and_a_clone_of_it_too():
    rows = [
        row_of(f"{number:02}.mp4", "ann", 0, 0) | {"track": "t1", "video_fake": 1} for number in range(20)
    ]
    rows.append(row_of("real.mp4", "ann", 0, 0) | {"track": "t1"})
    rows.append(row_of("clone.mp4", "ann", 1, 0) | {"track": "t1"})
    heard = sampled(clips_of(rows), np.array(["ann"] * 22, dtype=object), seed=0)
    assert names(heard) == ["00.mp4", "clone.mp4"]  # of 21 of the same length the first by name
    assert heard.is_fake.tolist() == [False, True]


def test_clips_without_a_known_recording_are_all_heard():
    rows = [row_of(f"{number}.mp4", "ann", 0, 0) | {"track": ""} for number in range(3)]
    assert len(sampled(clips_of(rows), np.array(["ann"] * 3, dtype=object), seed=0)) == 3


def test_of_250_people_200_are_drawn_with_all_their_recordings():
    rows = [row_of(f"{who:03}-{number}.wav", f"p{who}", 0, who) for who in range(250) for number in range(2)]
    people = np.array([row["voice"] for row in rows], dtype=object)
    first, again, other = (sampled(clips_of(rows), people, seed=seed) for seed in (0, 0, 1))
    assert names(first) == names(again)
    assert names(first) != names(other)
    assert first.table["voice"].nunique() == 200
    assert len(first) == 400


@pytest.mark.parametrize("indices", [[0], [2, 0]])
def test_selected_clips_keep_their_labels_and_their_sound(clips, indices):
    few = clips.selected(np.array(indices))
    assert names(few) == [names(clips)[index] for index in indices]
    for number, index in enumerate(indices):
        assert few.is_fake[number] == clips.is_fake[index]
        np.testing.assert_array_equal(few.whole(number), clips.whole(index))
