"""Preparation: measurements are stored once, checked when read, and labels are always the index's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.sounds import make_sounds, write_wav
from making.stores import make_wavs

from avdf.data.audio.decoder import Decoder
from avdf.data.audio.store import Decoding, open_store
from avdf.data.clips import SKIPPED_COLUMNS, Index, summarise
from avdf.data.preparation import Prepared, prepare
from avdf.data.recordings.measured import measure
from avdf.errors import ConfigError


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Two people with three tones and three noises each."""
    clips, _ = make_sounds(tmp_path / "root", tmp_path / "unused", num_voices=2)
    skipped = pd.DataFrame([], columns=SKIPPED_COLUMNS)
    return Index(root=tmp_path / "root", clips=clips, skipped=skipped, summary=summarise(clips, skipped))


def prepared(index: Index, tmp_path: Path) -> Prepared:
    return prepare(index, tmp_path / "cache", sample_rate_hz=8000, workers=1)


def stored_table(result: Prepared) -> Path:
    [path] = result.store.folder.glob("measured-*.csv")
    return path


def test_a_second_call_reads_the_same_table(index: Index, tmp_path: Path) -> None:
    first = prepared(index, tmp_path)
    before = stored_table(first).stat().st_mtime_ns
    second = prepared(index, tmp_path)
    pd.testing.assert_frame_equal(second.clips, first.clips)
    assert stored_table(second).stat().st_mtime_ns == before


def test_a_relabelled_index_gives_the_new_labels_without_measuring_again(
    index: Index, tmp_path: Path
) -> None:
    before = stored_table(prepared(index, tmp_path)).stat().st_mtime_ns
    relabelled = prepared(
        replace(index, clips=index.clips.assign(race="Asian (South)", audio_fake=1)), tmp_path
    )
    assert set(relabelled.clips["race"]) == {"Asian (South)"}
    assert set(relabelled.clips["audio_fake"]) == {1}
    assert stored_table(relabelled).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("t00001", "../../x"),
        lambda text: text.replace("loudness_db", "race"),
        lambda text: text[: len(text) // 2],
        lambda text: "\n".join([*text.splitlines()[:-1], "x.wav,t00000,nan,0,0,0", ""]),
        lambda text: text.replace(",t00001,0.0,", ",t00001,inf,"),
        lambda text: "",
        lambda text: "\0" * 1000,
        lambda text: text + "x" * 1_000_000,
    ],
)
def test_a_stored_table_that_is_not_of_these_clips_is_measured_again(
    change, index: Index, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = prepared(index, tmp_path)
    path = stored_table(first)
    text = path.read_text()
    path.write_text(change(text))
    changed = path.read_text() != text
    with caplog.at_level("INFO"):
        again = prepared(index, tmp_path)
    pd.testing.assert_frame_equal(again.clips, first.clips)
    assert ("the clips are measured again" in caplog.text) == changed
    assert path.read_text() == text


def test_warnings_of_the_index_are_handed_on(index: Index, tmp_path: Path) -> None:
    assert prepared(replace(index, warnings=("no clip of x",)), tmp_path).warnings == ("no clip of x",)


def test_where_nothing_can_be_decoded_the_first_file_is_named(index: Index, tmp_path: Path) -> None:
    for clip in index.clips["clip"]:
        (index.root / clip).write_text("no media")
    with pytest.raises(
        ConfigError, match=r"none of its 12 clips can be decoded; the first one: id90000/0\.wav: "
    ):
        prepared(index, tmp_path)


def test_a_group_of_which_no_clip_can_be_decoded_is_the_first_warning(index: Index, tmp_path: Path) -> None:
    others = len(index.clips) - 2
    clips = index.clips.assign(
        race=["African"] * 2 + ["Asian (East)"] * others, type=["A"] * 2 + ["B"] * others
    )
    for clip in clips["clip"][:2]:
        (index.root / clip).write_bytes(b"")
    reason = "can be decoded; skipped.csv has the reason of each."
    assert prepared(replace(index, clips=clips, warnings=("no clip of x",)), tmp_path).warnings == (
        f"MISSING GROUP: none of the 2 clips of type A {reason}",
        f"MISSING GROUP: none of the 2 clips of race African {reason}",
        "no clip of x",
    )


def test_a_relative_cache_is_that_of_the_caller_after_a_change_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Processes that an earlier call started keep the working folder of that call."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        store = open_store(
            Path("root"), make_wavs(Path("root"), ["a", "b"]), Path("cache"), Decoding(sample_rate_hz=8000)
        )
        assert len(measure(store, workers=2).probes) == 2


def test_a_decoder_reads_relative_paths_after_a_change_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    decoder = Decoder(8000)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        make_wavs(Path("root"), [name])
        assert len(decoder.read(Path("root") / f"{name}.wav")[0]) == 4000
    decoder.close()


def test_doubtful_clips_are_named_with_the_reason_on_every_call(index: Index, tmp_path: Path) -> None:
    quiet, loud = index.clips["clip"].iloc[:2]
    time_s = np.arange(8000) / 8000
    tone = np.sin(2 * np.pi * 440 * time_s)
    write_wav(index.root / quiet, 0.001 * tone, 8000)  # -63 dB
    write_wav(index.root / loud, np.clip(5 * tone, -1, 1), 8000)
    for _ in range(2):  # the second call reads what the first stored
        doubtful = prepared(index, tmp_path).summary["doubtful_clips"]
        assert "very quiet: the loudest 0.1 s has -63 dB of full scale" in doubtful[quiet]
        assert "clipped: " in doubtful[loud]
