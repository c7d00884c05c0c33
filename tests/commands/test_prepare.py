"""`avdf prepare` as a user calls it: what it writes, prints and answers."""

import csv
import json
import wave
from collections.abc import Callable
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from making.calls import Done, called
from making.media import write_mp4

TOP = Path(__file__).parents[2]
FOLDER = "{}/African/men/id00001/{}.mp4"
A, B, C = (
    FOLDER.format(type_name, name)
    for type_name, name in (
        ("RealVideo-RealAudio", "00001"),
        ("RealVideo-FakeAudio", "00001_fake"),
        ("FakeVideo-RealAudio", "00001_2"),
    )
)


@pytest.fixture
def call() -> Callable[..., Done]:
    """`avdf prepare` with the given words, in this process."""
    return partial(called, "prepare")


def write_sound(path: Path, seed: int, *, seconds: float = 1.0, delay_s: float = 0.0) -> None:
    """Bursts of noise as AAC at 16 kHz; the same seed is the same recording."""
    noise = np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16000))
    bursts = np.sin(2 * np.pi * 2 * np.arange(len(noise)) / 16000) ** 2
    samples = np.concatenate([np.zeros(round(delay_s * 16000)), noise * bursts]).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        for start in range(0, len(samples), 1024):
            block = np.ascontiguousarray(samples[None, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A real clip, its clone, and a fake video with the real one's audio 0.2 s later."""
    root = tmp_path / "FakeAVCeleb_v1.2"
    write_sound(root / A, 1, seconds=2.0)
    write_sound(root / B, 2, seconds=2.0)
    write_sound(root / C, 1, seconds=2.0, delay_s=0.2)
    return root


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_becomes_tables_audio_and_wavs_and_again_nothing_changes(
    call: Callable[..., Done], dataset: Path, tmp_path: Path
) -> None:
    out, wavs = tmp_path / "out", tmp_path / "wavs"
    first = call(dataset, "--out", out, "--wav", wavs, "--workers", "1")
    assert (first.status, first.stdout.splitlines()[-1]) == (0, str(out)), first.stderr
    assert first.stdout.splitlines()[0] == "3 clips of 2 recordings, 0 left out"
    clips = {row["clip"]: row for row in rows(out / "clips.csv")}
    assert clips[A]["track"] == clips[C]["track"] != clips[B]["track"]
    assert clips[C]["voice_rule"] == "recording"
    assert float(clips[C]["leading_silence_ms"]) == pytest.approx(200, abs=25)
    assert clips[A]["audio_codec"] == "aac"
    assert rows(out / "skipped.csv") == []
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["num_files"], summary["num_clips"], summary["num_tracks"]) == (3, 3, 2)
    named = {(row["target"], row["feature"], row["type"]) for row in summary["shortcuts"]}
    assert {("audio", "leading_silence_ms", "all"), ("video", "duration_s", "C")} <= named
    with wave.open(str(wavs / A.replace(".mp4", ".wav")), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        assert file.getnframes() / 16000 == pytest.approx(2.0, abs=0.1)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = call(dataset, "--out", out, "--wav", wavs, "--workers", "1")
    assert again.stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_files_that_fail_are_named_and_the_exit_status_is_1(
    call: Callable[..., Done], dataset: Path, tmp_path: Path
) -> None:
    (dataset / B).write_bytes((dataset / B).read_bytes()[:1000])
    done = call(dataset, "--out", tmp_path / "out", "--workers", "1")
    assert done.status == 1
    assert f"left out: {B}: unreadable" in done.stderr
    assert [row["clip"] for row in rows(tmp_path / "out" / "skipped.csv")] == [B]
    assert len(rows(tmp_path / "out" / "clips.csv")) == 2


def test_no_audio_writes_the_tables_alone_and_replaces_none_unasked(
    call: Callable[..., Done], dataset: Path, tmp_path: Path
) -> None:
    done = call(dataset, "--out", tmp_path, "--no-audio")
    assert done.status == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        "FakeAVCeleb_v1.2", "clips.csv", "skipped.csv", "summary.json",
    }  # fmt: skip
    assert {row["track"] for row in rows(tmp_path / "clips.csv")} == {""}
    (dataset / C).unlink()
    refused = call(dataset, "--out", tmp_path, "--no-audio")
    assert refused.status == 2
    assert refused.stderr.startswith("error: ")
    assert "clips.csv: exists already with other content" in refused.stderr
    assert call(dataset, "--out", tmp_path, "--no-audio", "--overwrite").status == 0
    assert len(rows(tmp_path / "clips.csv")) == 2


def test_mistakes_end_with_2_and_words(call: Callable[..., Done], dataset: Path, tmp_path: Path) -> None:
    for words, message in (
        ([tmp_path / "nowhere"], "no folder"),
        ([dataset, "--workers", "0"], "--workers must be >= 1"),
        ([dataset, "--no-audio", "--wav", tmp_path], "--wav needs the audio"),
    ):
        done = call(*words)
        assert done.status == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def test_where_nothing_can_be_decoded_it_says_why(
    call: Callable[..., Done], dataset: Path, tmp_path: Path
) -> None:
    for clip in (A, B, C):
        (dataset / clip).write_text("no medium")
    done = call(dataset, "--out", tmp_path / "out", "--workers", "1")
    assert done.status == 2
    assert "none of its 3 clips can be decoded; the first one: FakeVideo-RealAudio/African" in done.stderr


def test_frames_are_decoded_beside_the_sound_and_what_has_none_is_named(tmp_path: Path, call, dataset):
    write_mp4(dataset / A)
    words = ["--frames", "per_second=2", "height=8", "width=8"]
    done = call(dataset, "--out", tmp_path / "out", "--workers", 1, *words)
    assert f"no picture: {B}: no video (the file has no video stream)" in done.stderr
    frames = json.loads((tmp_path / "out" / "summary.json").read_text())["frames"]
    assert (frames["num_clips"], frames["num_frames"]) == (1, 5)  # at 0, 0.5, 1, 1.5 and 2 s
    assert [row["clip"] for row in frames["skipped"]] == sorted([B, C])
    assert len(list((tmp_path / "out").glob("frames-*/shard-00000.u8"))) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--frames", "per_secnd=2"], "--frames.per_secnd: no such key, did you mean 'per_second'"),
        (["--frames", "height=2"], "--frames.height must be from 8 to 4096, got 2"),
        (["--frames", "height=8", "--no-audio"], "--frames are those of the audio's seconds"),
        (["--frames", "max_gb=1e-9"], "data.frames.max_gb: "),
    ],
)
def test_frames_that_make_no_sense_are_refused_by_key(tmp_path: Path, call, dataset, words, message):
    done = call(dataset, "--out", tmp_path / "out", *words)
    assert done.status == 2
    assert message in done.stderr
