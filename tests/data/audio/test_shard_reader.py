"""Samples are read from a file that stays open; only long clips are mapped, so that memory does not grow."""

from pathlib import Path

import numpy as np
import pytest

from avdf.data.audio import shard_reader
from avdf.data.audio.shard_reader import ShardReader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A shard of the samples 0 to 999."""
    np.arange(1000, dtype="<i2").tofile(tmp_path / "shard.i16")
    return tmp_path / "shard.i16"


@pytest.mark.parametrize("most_read", [0, 100, 1 << 22])
def test_read_and_mapped_clips_are_the_same_and_can_not_be_changed(
    most_read: int, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_reader, "_MOST_READ", most_read)
    reader = ShardReader(path)
    for start, num_samples in ((0, 1000), (17, 300), (998, 2), (5, 100)):
        clip = reader.read(start, num_samples)
        assert clip.dtype == np.int16
        assert clip.tolist() == list(range(start, start + num_samples))
        with pytest.raises(ValueError, match="read-only"):
            clip[0] = 1


def test_a_shard_that_is_replaced_is_read_as_it_was_opened(path: Path, tmp_path: Path) -> None:
    reader = ShardReader(path)
    np.zeros(1000, "<i2").tofile(tmp_path / "new")
    (tmp_path / "new").replace(path)
    assert reader.read(10, 3).tolist() == [10, 11, 12]
    assert ShardReader(path).read(10, 3).tolist() == [0, 0, 0]


def test_reading_all_of_a_large_shard_keeps_none_of_it_in_memory(tmp_path: Path) -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("only Linux says how many pages of files a process holds")

    def file_kb() -> int:
        [line] = [line for line in status.read_text().splitlines() if line.startswith("RssFile")]
        return int(line.split()[1])

    np.ones(30_000_000, "<i2").tofile(tmp_path / "large.i16")  # 60 MB
    reader, before = ShardReader(tmp_path / "large.i16"), file_kb()
    total = sum(int(reader.read(start, 100_000).sum()) for start in range(0, 30_000_000, 100_000))
    assert total == 30_000_000
    assert file_kb() - before < 5_000
