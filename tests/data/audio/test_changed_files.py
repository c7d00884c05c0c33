"""Changed files are decoded again, failed ones are tried again, and two data sets share no audio."""

import os
import shutil
from pathlib import Path

import pytest
from making.stores import (
    FILES_OF_A_SHARD,
    all_samples,
    decoded_names,
    make_wavs,
    opened,
    stubborn,
    wav_samples,
)

from avdf.data.audio.stamps import stamp_of
from avdf.data.audio.store import Decoding, open_store


def replace_sound(path: Path, *, keep_times: bool = False) -> None:
    """Reverses the samples of a wav file: the same size, another sound."""
    times = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:44] + content[44:][::-1])
    if keep_times:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("keep_times", [False, True])
def test_a_file_replaced_by_another_of_the_same_size_is_decoded_again_alone(
    keep_times: bool, tmp_path: Path
) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "c"])
    before = all_samples(opened(tmp_path, clips, command=stubborn(tmp_path)))
    replace_sound(tmp_path / "root" / "b.wav", keep_times=keep_times)
    store = opened(tmp_path, clips, command=stubborn(tmp_path))
    assert decoded_names(tmp_path) == ["a", "b", "c", "b"]
    after = all_samples(store)
    assert (after["a.wav"], after["c.wav"]) == (before["a.wav"], before["c.wav"])
    row = int(store.rows_of(["b.wav"])[0])
    assert abs(store.waveform(row).astype(int) - wav_samples(tmp_path / "root" / "b.wav")).max() <= 1
    opened(tmp_path, clips, command=stubborn(tmp_path))
    assert len(decoded_names(tmp_path)) == 4
    assert sorted(path.name for path in store.folder.iterdir()) == FILES_OF_A_SHARD


def test_a_file_that_grew_or_shrank_moves_the_samples_behind_it(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "c"])
    before = all_samples(opened(tmp_path, clips))
    shutil.copy(tmp_path / "root" / "c.wav", tmp_path / "root" / "a.wav")
    make_wavs(tmp_path / "root", ["x"])
    (tmp_path / "root" / "b.wav").write_bytes(b"RIFF, but no more")
    store = opened(tmp_path, clips)
    assert all_samples(store) == {"a.wav": before["c.wav"], "c.wav": before["c.wav"]}
    assert store.skipped["clip"].tolist() == ["b.wav"]


def test_a_file_that_failed_is_tried_again_on_the_next_call(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    whole = (tmp_path / "root" / "b.wav").read_bytes()
    (tmp_path / "root" / "b.wav").write_bytes(b"\0" * len(whole))  # the space of a download
    assert opened(tmp_path, clips, command=stubborn(tmp_path)).table["clip"].tolist() == ["a.wav"]
    again = opened(tmp_path, clips, command=stubborn(tmp_path))
    assert again.skipped["clip"].tolist() == ["b.wav"]
    assert decoded_names(tmp_path) == ["a", "b", "b"]
    (tmp_path / "root" / "b.wav").write_bytes(whole)
    assert opened(tmp_path, clips).table["clip"].tolist() == ["a.wav", "b.wav"]


def test_a_file_that_took_too_long_is_tried_again_by_prepare_or_once_it_changed(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "hang"])
    slow = {"command": stubborn(tmp_path), "timeout_s": 2.0}
    assert opened(tmp_path, clips, **slow).skipped["reason"].tolist() == ["time limit"]
    opened(tmp_path, clips, **slow)
    assert decoded_names(tmp_path) == ["a", "hang"]  # a study of 50 trials must not wait 50 times
    opened(tmp_path, clips, **slow, verify_checksums=True)  # as prepare does
    assert decoded_names(tmp_path) == ["a", "hang", "hang"]
    replace_sound(tmp_path / "root" / "hang.wav")
    opened(tmp_path, clips, **slow)
    assert decoded_names(tmp_path) == ["a", "hang", "hang", "hang"]


def test_a_cache_that_may_only_be_read_serves_the_clips_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    (tmp_path / "root" / "b.wav").write_text("no media")
    store = opened(tmp_path, clips, command=stubborn(tmp_path))
    monkeypatch.setattr("os.access", lambda path, mode: path != store.folder)  # root may write anywhere
    assert opened(tmp_path, clips, command=stubborn(tmp_path)).table["clip"].tolist() == ["a.wav"]
    assert decoded_names(tmp_path) == ["a", "b"]


def test_a_file_that_could_not_be_opened_once_is_read_once_it_can(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    (tmp_path / "root" / "b.wav").rename(tmp_path / "b.wav")
    assert opened(tmp_path, clips).skipped["reason"].tolist() == ["missing file"]
    (tmp_path / "b.wav").rename(tmp_path / "root" / "b.wav")
    assert opened(tmp_path, clips).skipped.empty


def test_two_data_sets_with_the_same_names_and_sizes_never_share_a_sound(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    shutil.copytree(tmp_path / "root", tmp_path / "noisy")
    for name in "ab":
        replace_sound(tmp_path / "noisy" / f"{name}.wav", keep_times=True)
    clean, noisy = (
        open_store(tmp_path / root, clips, tmp_path / "cache", Decoding(sample_rate_hz=8000))
        for root in ("root", "noisy")
    )
    assert clean.folder != noisy.folder
    assert not set(all_samples(clean).values()) & set(all_samples(noisy).values())


def test_an_open_store_and_one_opened_after_a_change_do_not_share_a_map(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a"])
    before = all_samples(opened(tmp_path, clips))
    replace_sound(tmp_path / "root" / "a.wav")
    assert all_samples(opened(tmp_path, clips)) != before


def test_a_stamp_changes_with_size_time_and_both_ends_and_a_pipe_has_none(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(20_000))
    os.utime(path, ns=(1, 1))
    stamps = {stamp_of(path)}
    for position in (0, 19_999):
        content = bytearray(20_000)
        content[position] = 1
        path.write_bytes(content)
        os.utime(path, ns=(1, 1))
        stamps.add(stamp_of(path))
    os.utime(path, ns=(2, 2))
    stamps.add(stamp_of(path))
    assert len(stamps) == 4
    os.mkfifo(tmp_path / "pipe")
    assert stamp_of(tmp_path / "pipe") == stamp_of(tmp_path / "nowhere") == stamp_of(tmp_path) == ""
