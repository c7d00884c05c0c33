"""Stored frames: those of the reader, kept over a kill and a tear, sized before they are written."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.media import write_mp4

from avdf.config.schema import FramesConfig
from avdf.data.audio.frames import read_frames
from avdf.data.audio.shard_set import Decoding
from avdf.data.video.rate import nearest_frames
from avdf.data.video.store import FrameStore, join_frames, open_frames
from avdf.errors import UserError

CONFIG = FramesConfig(height=12, width=16, per_second=5)
DECODING = Decoding(sample_rate_hz=16000)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """Three films of 2 s, and one without a picture."""
    root = tmp_path_factory.mktemp("films")
    for name in "abc":
        write_mp4(root / f"{name}.mp4", seconds=2.0)
    write_mp4(root / "blind.mp4", video=False)
    names = [*(f"{name}.mp4" for name in "abc"), "blind.mp4"]
    return root, pd.DataFrame({"clip": names, "audio_start_s": 0.0, "duration_s": 2.0})


def opened(films: tuple[Path, pd.DataFrame], cache: Path, config: FramesConfig = CONFIG) -> FrameStore:
    return open_frames(films[0], films[1], cache, config, DECODING)


def shard_files(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(cache.glob("frames-*/*"))}


def test_frames_come_back_as_the_reader_gives_them_and_nearest_to_a_second(films, tmp_path: Path):
    store = opened(films, tmp_path)
    frames = store.frames("b.mp4")
    assert isinstance(frames.base, np.memmap)
    assert frames.shape == (11, 3, 12, 16)  # 2 s, 5 a second, and the one at 2 s
    np.testing.assert_array_equal(frames, read_frames(films[0] / "b.mp4", np.arange(11) / 5, CONFIG))
    np.testing.assert_array_equal(store.at("b.mp4", np.array([0.29, 0.31, 9.0])), frames[[1, 2, 10]])


def test_frames_are_counted_from_the_first_sample_of_the_sound(films, tmp_path: Path):
    later = films[0], films[1].assign(audio_start_s=0.4, duration_s=1.6)
    np.testing.assert_array_equal(
        opened(later, tmp_path).frames("a.mp4"), opened(films, tmp_path / "b").frames("a.mp4")[2:]
    )


def test_the_nearest_frame_is_at_most_half_of_the_time_between_two_away():
    seconds = np.random.default_rng(0).uniform(0, 2.0, 1000)
    chosen = nearest_frames(seconds, 7.0, 15)
    brute_force = [min(range(15), key=lambda k: abs(k / 7 - second)) for second in seconds]
    assert chosen.tolist() == brute_force
    assert np.abs(chosen / 7 - seconds).max() <= 1 / 14


def test_a_clip_without_a_picture_has_its_reason_and_no_frames(films, tmp_path: Path):
    store = opened(films, tmp_path)
    assert store.skipped[["clip", "reason"]].to_numpy().tolist() == [["blind.mp4", "no video"]]
    assert store.at("blind.mp4", np.zeros(2)) is None
    assert store.num_frames == 3 * 11


def test_a_second_call_writes_nothing_and_another_size_is_another_store(films, tmp_path: Path):
    opened(films, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("frames-*/*.u8")}
    opened(films, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("frames-*/*.u8")} == before
    opened(films, tmp_path, FramesConfig(height=8, width=8, per_second=5))
    assert len(list(tmp_path.glob("frames-*"))) == 2


@pytest.mark.parametrize(
    "tear", ["killed after two clips", "a bit of the second clip", "a bit of the finished file"]
)
def test_what_a_kill_or_a_tear_leaves_is_completed_to_the_same_bytes(films, tmp_path: Path, tear: str):
    opened(films, tmp_path / "whole")
    store = opened(films, tmp_path / "torn")
    ((shard, *_), *_) = store.places.values()
    samples = shard.samples_path
    if "bit" in tear:
        content = bytearray(samples.read_bytes())
        content[11 * CONFIG.frame_bytes + 5] ^= 1
        samples.write_bytes(content)
    if "finished" not in tear:  # as it was before its end: samples and journal
        rows = json.loads(shard.list_path.read_text())["clips"]
        lines = "".join(json.dumps(row) + "\n" for row in rows[: 2 if "killed" in tear else 3])
        shard.list_path.with_suffix(".journal").write_text(lines)
        shard.list_path.unlink()
        samples.rename(shard.list_path.with_suffix(".partial"))
    again = opened(films, tmp_path / "torn")
    torn, whole = shard_files(tmp_path / "torn"), shard_files(tmp_path / "whole")
    assert torn["shard-00000.u8"] == whole["shard-00000.u8"]
    assert sorted(torn) == sorted(whole) == ["shard-00000.json", "shard-00000.u8"]
    np.testing.assert_array_equal(again.frames("b.mp4"), opened(films, tmp_path / "whole").frames("b.mp4"))


def test_the_size_is_said_before_it_is_written_and_too_much_is_refused(films, tmp_path: Path, caplog):
    # 4 clips of 11 frames of 3 * 12 * 16 bytes are 25,344 bytes
    with pytest.raises(
        UserError, match=r"data\.frames\.max_gb: 44 frames of 16 x 12 of 4 clips .* more than 1e-05"
    ):
        opened(films, tmp_path, FramesConfig(height=12, width=16, per_second=5, max_gb=1e-5))
    assert list(tmp_path.iterdir()) == []
    with caplog.at_level("INFO"):
        opened(films, tmp_path)
    assert "44 frames of 16 x 12 of 4 clips, 0.00 GB" in caplog.text
    caplog.clear()
    opened(
        films, tmp_path, FramesConfig(height=12, width=16, per_second=5, max_gb=1e-5)
    )  # nothing is written
    assert caplog.text == ""


def test_stores_of_several_corpora_are_joined_under_their_names(films, tmp_path: Path):
    store = opened(films, tmp_path)
    joined = join_frames({"first": store, "second": store})
    np.testing.assert_array_equal(joined.frames("second/c.mp4"), store.frames("c.mp4"))
    assert joined.skipped["clip"].tolist() == ["first/blind.mp4", "second/blind.mp4"]
