"""Faces: found in a photograph, smoothed as a plain mean, cut in a square, counted where there is none."""

from pathlib import Path

import av
import cv2
import matplotlib.cbook
import numpy as np
import pandas as pd
import pytest
from making.media import write_mp4

from avdf.config.schema import FramesConfig
from avdf.data.audio.frames import read_frames
from avdf.data.audio.shard_set import Decoding
from avdf.data.video.cropping import face_frames
from avdf.data.video.face_counts import face_counts, face_sentence
from avdf.data.video.faces import smoothed, square_around
from avdf.data.video.store import open_frames

SIZE = {"height": 32, "width": 32, "per_second": 5.0}


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """(240, 204, 3) Grace Hopper, from matplotlib's sample data; her face is near (107, 97)."""
    file = matplotlib.cbook.get_sample_data("grace_hopper.jpg")
    with file:
        picture = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(cv2.resize(picture, (204, 240), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def walk(portrait: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second in which the portrait moves from the left to the right of a grey picture of 480 x 240."""
    path = tmp_path_factory.mktemp("walk") / "walk.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"crf": "15"})
        stream.width, stream.height, stream.pix_fmt = 480, 240, "yuv420p"
        for number in range(10):
            picture = np.full((240, 480, 3), 120, np.uint8)
            picture[:, 30 * number : 30 * number + 204] = portrait
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def test_the_face_of_a_photograph_is_followed_as_it_moves(walk: Path):
    pytest.importorskip("dlib")
    times_s = np.arange(5) / 5  # pictures 0, 2, 4, 6, 8: each 60 pixels further
    frames, boxes = face_frames(walk, times_s, FramesConfig(**SIZE, crop="face"))
    centres = [(left + right) / 2 for left, _, right, _ in boxes]
    assert centres == pytest.approx([107, 167, 227, 287, 347], abs=12)
    assert frames.shape == (5, 3, 32, 32)
    # The middle frame is cut around the mean of all boxes, which is where its face is.
    whole = read_frames(walk, times_s, FramesConfig(**SIZE))
    assert np.abs(frames[2].astype(int) - whole[2]).mean() > 10


def first_bright(picture: np.ndarray) -> tuple[float, float, float, float] | None:
    """Finds the bright square of the film below, if it is there."""
    rows, columns = np.nonzero(picture[..., 0] > 180)
    if not len(rows):
        return None
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """A bright square of 20 pixels at (30, 40) of 100 x 80 dark ones, gone in pictures 2 and 3 of 5."""
    path = tmp_path / "square.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=5, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 100, 80, "yuv420p"
        for number in range(5):
            picture = np.full((80, 100, 3), 20, np.uint8)
            if number not in (2, 3):
                picture[40:60, 30:50] = 240
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def test_a_frame_without_a_face_is_cut_where_its_neighbours_have_one(square: Path):
    config = FramesConfig(**SIZE, crop="face")
    frames, boxes = face_frames(square, np.arange(5) / 5, config, first_bright)
    assert [box is None for box in boxes] == [False, False, True, True, False]
    assert boxes[0] == (30, 40, 50, 60)
    # The square of 26 pixels from (27, 37) on: the bright one fills (20 / 26)^2 of it.
    share = (frames[:, 0] > 130).mean(axis=(1, 2))
    assert share == pytest.approx([0.59, 0.59, 0, 0, 0.59], abs=0.05)


def test_without_any_face_the_whole_pictures_are_given(square: Path):
    config = FramesConfig(**SIZE, crop="face")
    frames, boxes = face_frames(square, np.arange(5) / 5, config, lambda picture: None)
    assert boxes == [None] * 5
    np.testing.assert_array_equal(frames, read_frames(square, np.arange(5) / 5, FramesConfig(**SIZE)))


def test_smoothing_is_the_mean_of_up_to_five_boxes_with_gaps_filled_between_neighbours():
    boxes = [None, (10.0, 0, 20, 8), None, (30.0, 0, 40, 8), (50.0, 4, 60, 12), None, (10.0, 0, 20, 8)]
    left = [10, 10, 20, 30, 50, 30, 10]  # by hand
    brute_force = [np.mean(left[max(at - 2, 0) : at + 3]) for at in range(7)]
    assert smoothed(boxes)[:, 0] == pytest.approx(brute_force)
    assert smoothed([None, None]) is None
    assert smoothed([(1, 2, 3, 4)]).tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("box", "wanted"),
    [
        ((40, 40, 60, 60), (37, 37, 26)),
        ((-5, -5, 15, 15), (0, 0, 26)),  # moved into the picture
        ((85, 70, 105, 80), (74, 54, 26)),
        ((0, 0, 100, 100), (10, 0, 80)),  # no larger than the picture
    ],
)
def test_the_square_is_1_3_times_the_box_and_inside_the_picture(box, wanted):
    assert square_around(box, height=80, width=100) == wanted


def test_boxes_are_kept_beside_the_frames_and_a_clip_without_a_face_is_known(tmp_path: Path):
    pytest.importorskip("dlib")
    (tmp_path / "root").mkdir()
    write_mp4(tmp_path / "root" / "grey.mp4", seconds=1.0)
    table = pd.DataFrame({"clip": ["grey.mp4"], "audio_start_s": 0.0, "duration_s": 1.0})
    config, decoding = FramesConfig(**SIZE, crop="face"), Decoding(sample_rate_hz=16000)
    for _ in range(2):  # the second time from the cache
        store = open_frames(tmp_path / "root", table, tmp_path / "cache", config, decoding)
        assert store.faceless == {"grey.mp4"}
        assert store.frames("grey.mp4").shape == (6, 3, 32, 32)
    (listed,) = (tmp_path / "cache").glob("frames-*/*.json")
    assert '"boxes": "[null, null, null, null, null, null]"' in listed.read_text()


def test_clips_without_a_face_are_counted_by_group_and_said():
    clips = pd.DataFrame(
        {
            "race": ["African"] * 3 + ["Caucasian (European)"] * 2,
            "has_video": [1, 1, 0, 1, 1],
            "has_face": [0, 1, 0, 1, 1],
        }
    )
    counts = face_counts(clips, ["race", "gender"])
    assert counts["race"]["African"] == {"num_clips": 2, "num_without_face": 1}
    assert face_sentence(counts) == (
        "NO FACE: in 1 of 4 clips with a picture no face was found, and the detector is given the whole "
        "picture: race African 1 of 2, Caucasian (European) 0 of 2."
    )
    assert face_sentence(face_counts(clips.assign(has_face=1), ["race"])) is None
    assert face_counts(clips.drop(columns="has_face"), ["race"]) == {}
