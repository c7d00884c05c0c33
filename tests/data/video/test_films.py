"""What is known of a film before its pictures are looked at: read once, and again if it changes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from making.media import write_mp4

from avdf.data.audio.film import blockiness, film_of
from avdf.data.audio.shard_set import Decoding
from avdf.data.video.films import open_films


def test_films_are_read_once_and_again_when_a_file_changes(tmp_path: Path):
    root, cache = tmp_path / "root", tmp_path / "cache"
    root.mkdir()
    write_mp4(root / "a.mp4", seconds=1.0)
    write_mp4(root / "b.mp4", video=False)
    decoding = Decoding(sample_rate_hz=16000)
    films = open_films(root, ["a.mp4", "b.mp4"], cache, decoding)
    assert films.skipped[["clip", "reason"]].to_numpy().tolist() == [["b.mp4", "no video"]]
    row = films.table.iloc[0]
    assert (row["width_px"], row["height_px"], row["num_pictures"], row["frame_rate_hz"]) == (
        64,
        48,
        24,
        24.0,
    )
    assert row["video_duration_s"] == pytest.approx(1.0)
    [listed] = cache.glob("films-*/*.json")
    before = listed.stat().st_mtime_ns
    open_films(root, ["a.mp4", "b.mp4"], cache, decoding)
    assert listed.stat().st_mtime_ns == before
    write_mp4(root / "a.mp4", seconds=1.5)
    assert open_films(root, ["a.mp4", "b.mp4"], cache, decoding).table["num_pictures"].tolist() == [36]


def test_the_picture_of_a_file_is_measured_from_its_first_picture_on(tmp_path: Path):
    film = film_of(write_mp4(tmp_path / "a.mp4", seconds=1.0, audio=False))
    assert (film["video_codec"], film["num_pictures"]) == ("h264", 24)
    assert film["video_start_s"] == 0.0
    assert film["video_bit_rate"] <= 8 * (tmp_path / "a.mp4").stat().st_size


def blocks(step: Callable[[int], int]) -> np.ndarray:
    return np.array([[step(x) for x in range(64)]] * 64, dtype=np.uint8)


def test_blockiness_is_the_ratio_of_steps_across_and_within_blocks():
    """Columns rise by 8 between blocks of 8 and by 2 within; rows are flat: the root of (8.1 / 2.1) * 1."""
    picture = blocks(lambda x: (8 * (x // 8) + 2 * (x - x // 8)) % 256)
    assert blockiness(picture) == pytest.approx((8.1 / 2.1) ** 0.5)
    assert blockiness(np.zeros((64, 64), np.uint8)) == 1.0
    assert blockiness(np.zeros((15, 64), np.uint8)) == 1.0
