"""POST /predict: the answer is that of `avdf predict`; every bad file is a message, and no file is left."""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from making.media import RATE_HZ, speech_like, write_audio, write_mp4
from making.serving import Served, form_of, get, send

from avdf import __version__
from avdf.detection.prediction import predict
from avdf.serving.answer_schema import KEYS


def wav_of(folder: Path, seconds: float, gain: float = 1.0) -> bytes:
    sound = gain * speech_like(round(seconds * RATE_HZ))[:1]
    return write_audio(folder / "made.wav", sound.astype(np.float32), "pcm_s16le").read_bytes()


def mute_film(folder: Path) -> bytes:
    return write_mp4(folder / "mute.mp4", audio=False).read_bytes()


def until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_answer_is_that_of_predict_with_a_timeline(served: Served, clip: Path):
    status, _, told = send(served.port, form_of(clip.read_bytes(), "my call.wav"))
    (expected,) = predict(served.judge.predictor, [clip], timeline=True)
    assert status == 200
    stamp = {"avdf_version": __version__, "judged_at": told["judged_at"]}
    assert told == json.loads(json.dumps({**expected, **stamp, "path": "my call.wav"}))
    assert abs(datetime.fromisoformat(told["judged_at"]).timestamp() - time.time()) < 60
    assert len(told["timeline"]) == 6  # half seconds of three seconds
    assert set(told) == set(KEYS)


@pytest.mark.parametrize(
    ("make", "status", "detail"),
    [
        (lambda _: b"no sound in this text", 422, "b.wav: unreadable (can't be opened"),
        (lambda _: b"", 422, "b.wav: unreadable (the file is empty)"),
        (mute_film, 422, "b.wav: no audio (the file has no audio stream)"),
        (lambda folder: wav_of(folder, 2, gain=0), 422, "b.wav: silent ("),
        (lambda folder: wav_of(folder, 0.2), 422, "b.wav: too short ("),
        (lambda folder: wav_of(folder, 5), 413, "b.wav: too long (more than 4 s)"),
        (lambda _: bytes(600_000), 413, "too large (more than 0.5 MiB)"),
        (lambda _: b"crash", 422, "b.wav: crashed (it ended the decoder's process (SIGSEGV))"),
        (lambda _: b"hang", 422, "b.wav: time limit (not decoded within 1 s)"),
    ],
    ids=["text", "empty", "mute", "silent", "short", "long", "large", "crash", "hang"],
)
def test_a_bad_file_is_a_message_and_costs_itself_alone(
    make: Callable[[Path], bytes], status: int, detail: str, served: Served, clip: Path, tmp_path: Path
):
    found, _, told = send(served.port, form_of(make(tmp_path), "b.wav"))
    assert (found, set(told)) == (status, {"detail"})
    assert told["detail"].startswith(detail)
    assert len(told["detail"].splitlines()) == 1
    assert list(served.folder.iterdir()) == []
    assert send(served.port, form_of(clip.read_bytes()))[0] == 200


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"{}", {"Content_Type": "application/json"}, 415, "the request holds no form; send a form"),
        (
            form_of(b"RIFF", field="sound"),
            {},
            422,
            "the form holds no file; send a form (multipart/form-data)",
        ),
        (b"--a-line", {}, 422, "one file in the field 'file'"),
    ],
    ids=["json", "field", "cut"],
)
def test_a_request_that_is_no_form_is_told_how(
    body: bytes, headers: dict[str, str], status: int, words: str, served: Served
):
    found, _, told = send(served.port, body, **headers)
    assert found == status
    assert words in told["detail"]


def test_a_name_loses_its_folders_and_may_hold_anything(served: Served, clip: Path):
    for sent, name in (("../../etc/a.wav", "a.wav"), ("C:\\calls\\ü <b>.wav", "ü <b>.wav"), ("", "file")):
        status, _, told = send(served.port, form_of(clip.read_bytes(), sent))
        assert (status, told["path"]) == (200, name)
    assert list(served.folder.iterdir()) == []


def test_a_file_of_unknown_length_is_refused_while_it_is_read(served: Served):
    def pieces() -> Iterator[bytes]:
        yield form_of(b"")[:100]
        for _ in range(200):
            yield bytes(1 << 16)

    status, _, told = send(served.port, pieces())
    assert (status, told) == (413, {"detail": "too large (more than 0.5 MiB)"})


def test_a_client_that_is_still_sending_gets_the_answer(served: Served):
    status, _, told = send(served.port, form_of(bytes(30 << 20)))
    assert (status, told) == (413, {"detail": "too large (more than 0.5 MiB)"})


def test_a_file_that_does_not_arrive_in_time_gives_its_place_back(served: Served, clip: Path):
    def slowly() -> Iterator[bytes]:
        yield form_of(b"RIFF")[:80]
        time.sleep(1.8)

    status, _, told = send(served.port, slowly())
    assert (status, told) == (408, {"detail": "it did not arrive within 1.5 s"})
    assert json.loads(get(served.port, "/health")[2])["files"] == 0


def test_when_every_place_is_taken_a_client_is_told_when_to_come_back(served: Served, clip: Path):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(served.port, form_of(b"hang")))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    until(lambda: json.loads(get(served.port, "/health")[2])["files"] == 2)
    status, headers, told = send(served.port, form_of(clip.read_bytes()))
    assert status == 503
    wait_s = int(headers["retry-after"])
    assert told["detail"] == f"every place for a file is taken (2 of 2); try again in {wait_s} s"
    assert 1 <= wait_s <= 10
    for thread in threads:
        thread.join()
    assert [status for status, *_ in answers] == [422, 422]
    assert send(served.port, form_of(clip.read_bytes()))[0] == 200


def test_nothing_of_a_file_is_left_anywhere_in_the_temporary_folder(
    served: Served, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for content in (clip.read_bytes(), b"no sound", bytes(600_000)):
        send(served.port, form_of(content))
    assert [*tmp_path.rglob("*"), *served.folder.rglob("*")] == []
