"""A damaged or untrusted cache is written again, without a traceback; no other file is changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from making.stores import all_samples, decoded_names, make_wavs, opened, stubborn

from avdf.data.audio.store import Store
from avdf.errors import UserError

CHANGES: dict[str, Any] = {
    "a list": [],
    "null": None,
    "rows are text": {"clips": "abc"},
    "no clips": {"clips": []},
    "size of a terabyte": {"size": 1 << 40},
    "negative size": {"size": -2},
    "size is true": {"size": True},
    "hash is a number": {"sha256": 5},
}
ROW_CHANGES: dict[str, Any] = {
    "another name": {"clip": "../../secret.wav"},
    "name is a number": {"clip": 7},
    "start before the file": {"start": -1},
    "start beyond the file": {"start": 1 << 40},
    "a terabyte of samples": {"num_samples": 1 << 40},
    "half a sample": {"num_samples": 0.5},
    "hash of samples is short": {"sample_hash": "0123456789abcdef"},
    "hash of samples is no hash": {"sample_hash": "x" * 32},
    "no stamp": {"stamp": None},
    "length is text": {"duration_s": "1"},
    "length is nan": {"duration_s": float("nan")},
    "rate is true": {"sample_rate_hz": True},
    "codec is a list": {"audio_codec": ["pcm"]},
}


def made(tmp_path: Path) -> tuple[Any, Store, dict[str, bytes]]:
    clips = make_wavs(tmp_path / "root", ["a", "b"])
    store = opened(tmp_path, clips, command=stubborn(tmp_path))
    return clips, store, all_samples(store)


def check_written_again(tmp_path: Path, clips: Any, samples: dict[str, bytes]) -> None:
    assert all_samples(opened(tmp_path, clips, command=stubborn(tmp_path))) == samples
    assert decoded_names(tmp_path) == ["a", "b", "a", "b"]


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_list_with_a_wrong_value_is_written_again(name: str, tmp_path: Path) -> None:
    clips, store, samples = made(tmp_path)
    path, change = store.folder / "shard-00000.json", CHANGES[name]
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **change} if isinstance(change, dict) else change))
    check_written_again(tmp_path, clips, samples)


@pytest.mark.parametrize("name", list(ROW_CHANGES))
def test_a_list_with_a_wrong_row_is_written_again(name: str, tmp_path: Path) -> None:
    clips, store, samples = made(tmp_path)
    path = store.folder / "shard-00000.json"
    content = json.loads(path.read_text())
    content["clips"][0] |= ROW_CHANGES[name]
    path.write_text(json.dumps(content))
    check_written_again(tmp_path, clips, samples)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe", b"", b'{"clips": [{}], "skipped": [{}]}'])
def test_a_list_that_is_no_json_is_written_again(content: bytes, tmp_path: Path) -> None:
    clips, store, samples = made(tmp_path)
    (store.folder / "shard-00000.json").write_bytes(content)
    check_written_again(tmp_path, clips, samples)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000 + b"\n",
        b"null\n",
        b'{"clip": "a.wav"}\n',
        b"\0" * 5000,
        b'{"clip": "a.wav", "stamp": 1}\n',
    ],
)
def test_a_journal_of_other_lines_is_cut_off(line: bytes, tmp_path: Path) -> None:
    clips, store, samples = made(tmp_path)
    (store.folder / "shard-00000.json").unlink()
    (store.folder / "shard-00000.i16").rename(store.folder / "shard-00000.partial")
    (store.folder / "shard-00000.journal").write_bytes(line)
    check_written_again(tmp_path, clips, samples)


def test_a_journal_that_promises_a_terabyte_allocates_nothing(tmp_path: Path) -> None:
    clips, store, samples = made(tmp_path)
    listed = json.loads((store.folder / "shard-00000.json").read_text())
    row = listed["clips"][0] | {"num_samples": 600_000_000}
    (store.folder / "shard-00000.json").unlink()
    (store.folder / "shard-00000.i16").rename(store.folder / "shard-00000.partial")
    (store.folder / "shard-00000.journal").write_text(json.dumps(row) + "\n")
    check_written_again(tmp_path, clips, samples)


@pytest.mark.parametrize("name", ["shard-00000.partial", "shard-00000.journal"])
def test_a_link_where_the_store_writes_leaves_its_target_as_it_was(name: str, tmp_path: Path) -> None:
    clips, store, samples = made(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    (store.folder / "shard-00000.json").unlink()
    (store.folder / name).symlink_to(tmp_path / "mine.txt")
    assert all_samples(opened(tmp_path, clips)) == samples
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_link_where_the_lock_is_is_refused_in_words(tmp_path: Path) -> None:
    clips, store, _ = made(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    (store.folder / "shard-00000.json").unlink()
    (store.folder / "shard-00000.lock").symlink_to(tmp_path / "mine.txt")
    with pytest.raises(UserError, match="can't be written"):
        opened(tmp_path, clips)
    assert (tmp_path / "mine.txt").read_text() == "mine"
