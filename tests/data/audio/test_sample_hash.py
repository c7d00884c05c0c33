"""The hash of a clip's samples in the store's table, and stores that an earlier version wrote without it."""

import hashlib
import shutil
from pathlib import Path

import pytest
from making.stores import all_samples, decoded_names, make_wavs, opened, stubborn

from avdf.data.audio import store as store_module


def test_clips_of_identical_samples_have_the_same_hash_which_anybody_can_compute(tmp_path: Path) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b", "c"])
    shutil.copy(tmp_path / "root" / "a.wav", tmp_path / "root" / "c.wav")
    store = opened(tmp_path, clips)
    hashes = [hashlib.blake2b(store.waveform(row), digest_size=16).hexdigest() for row in range(3)]
    assert store.table["sample_hash"].tolist() == hashes
    assert (hashes[0] == hashes[2], hashes[0] == hashes[1]) == (True, False)


def test_a_store_of_an_earlier_version_is_named_once_and_decoded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "_FORMAT", store_module._FORMAT - 1)
        before = opened(tmp_path, clips, command=stubborn(tmp_path))
    caplog.set_level("INFO", logger="avdf")
    after = [opened(tmp_path, clips, command=stubborn(tmp_path)) for _ in range(2)]
    assert decoded_names(tmp_path) == ["a", "b", "a", "b"]
    assert [all_samples(store) for store in after] == [all_samples(before)] * 2
    told = [line for line in caplog.messages if "earlier version" in line]
    assert len(told) == 1
    assert str(before.folder) in told[0]
