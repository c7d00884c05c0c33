"""avdf predict from its words to its output: lists, streams, rows of a file, old detectors."""

import hashlib
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making.detectors import CNN, facts_of, save_small_detector
from making.media import RATE_HZ, speech_like, write_audio

from avdf.command import DONE, SOME_FAILED
from avdf.commands.dispatch import call
from avdf.config.calibration import Calibration
from avdf.config.training_sound import TrainingSound
from avdf.detector import build_detector, resolve_model
from avdf.detector_folder import save_detector
from avdf.errors import UserError

SPEECH = speech_like(2 * RATE_HZ)[:1] + np.random.default_rng(0).normal(0, 0.01, 2 * RATE_HZ).astype(
    np.float32
)
LINE = Calibration(name="logistic", slope=2.0, intercept=1.0, split="validation", num_clips=60,
                   num_identities=6, cllr_before=0.9, cllr_after=0.8)  # fmt: skip
SOUND = TrainingSound(
    num_clips=10,
    quantiles={"bandwidth_hz": [100, 200, 300, 3000, 7000, 7900, 8000], "duration_s": [1, 1, 1, 2, 3, 3, 3]},
    audio_codecs={"pcm_s16le": 1.0},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector that is new, one as saved by earlier versions, and three files, one of which is silent."""
    folder = tmp_path_factory.mktemp("predict")
    save_small_detector(folder / "old")
    model = resolve_model(CNN)
    facts = facts_of(model) | {"calibration": asdict(LINE), "training_sound": asdict(SOUND)}
    facts["thresholds"] = {"max": facts["threshold"] | {"value": 0.0}}
    save_detector(build_detector(model, 16000).eval(), folder / "new", facts)
    for name, gain in (("a", 1.0), ("b", 0.5), ("silent", 0.0)):
        write_audio(folder / f"{name}.wav", gain * SPEECH, "pcm_s16le")
    return folder


class Stdin:
    """Standard input that holds these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def test_a_result_has_the_keys_of_before_and_the_ratio_follows_from_the_score(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    words = [str(folder / "new"), str(folder / "a.wav"), "--json", "--prevalence", "0.1"]
    assert call("predict", words, "predict") == DONE
    (told,) = printed(capsys)
    before = {"path", "score", "called_fake", "threshold", "seconds", "segments", "warnings", "error"}
    assert before <= set(told)
    logit = np.log(told["score"] / (1 - told["score"]))
    assert told["llr"] == pytest.approx(2 * logit + 1)
    odds = np.exp(told["llr"]) * 0.1 / 0.9
    assert told["probability_fake"] == pytest.approx(odds / (1 + odds))
    assert (told["prevalence"], told["reasons"]) == (0.1, {})
    assert told["words"].startswith(f"called {told['call']}: its score {told['score']:.4f} is ")
    assert told["training_distance"]["verdict"] == "inside"


def test_an_old_detector_works_and_says_why_values_are_null(folder: Path, capsys: pytest.CaptureFixture[str]):
    call("predict", [str(folder / "old"), str(folder / "a.wav"), "--json"], "predict")
    (told,) = printed(capsys)
    assert 0 < told["score"] < 1
    assert told["llr"] is told["probability_fake"] is told["training_distance"] is None
    assert set(told["reasons"]) == {"llr", "probability_fake", "training_distance"}
    assert all(reason.startswith("the detector was saved without") for reason in told["reasons"].values())


def test_a_result_says_which_bytes_were_scored(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "text.mp3").write_bytes(b"abc")
    files = [folder / "a.wav", tmp_path / "text.mp3", tmp_path / "none.wav"]
    words = [str(folder / "new"), *map(str, files)]
    call("predict", [*words, "--json", "--hash"], "predict")
    told = [item["sha256"] for item in printed(capsys)]
    assert told[0] == hashlib.sha256((folder / "a.wav").read_bytes()).hexdigest()
    # FIPS 180-2, appendix B.1
    assert told[1] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert told[2] is None
    call("predict", [*words[:2], "--json"], "predict")
    assert "sha256" not in printed(capsys)[0]


def test_a_stream_gets_the_score_of_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", Stdin((folder / "a.wav").read_bytes()))
    call("predict", [str(folder / "new"), "-", str(folder / "a.wav"), "--json"], "predict")
    stream, file = printed(capsys)
    assert (stream["path"], stream["score"]) == ("-", file["score"])


def test_a_list_that_is_interrupted_is_still_json(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def stopped(results: Iterable[Any], *others: Any, **more: Any) -> Iterator[Any]:
        yield next(iter(results))
        raise KeyboardInterrupt

    monkeypatch.setattr("avdf.progress.progress", stopped)
    words = [str(folder / "new"), str(folder / "a.wav"), str(folder / "b.wav"), "--json"]
    with pytest.raises(KeyboardInterrupt):
        call("predict", words, "predict")
    (told,) = printed(capsys)
    assert told["path"] == words[1]


def test_an_interrupted_list_is_continued_to_the_same_rows(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    names = [str(folder / f"{name}.wav") for name in ("b", "silent", "a")]
    out = tmp_path / "results.csv"
    words = [str(folder / "new"), "--files-from", "-", "--out", str(out)]
    for resume in ([], ["--resume"]):
        monkeypatch.setattr(sys, "stdin", Stdin("\n".join(names).encode()))
        assert call("predict", [*words, *resume], "predict") == (DONE if resume else SOME_FAILED)
        if not resume:
            whole = out.read_bytes()
    assert "3 of 3 files have a row already" in capsys.readouterr().err
    out.write_bytes(whole[: len(whole) * 2 // 3])
    monkeypatch.setattr(sys, "stdin", Stdin("\n".join(names).encode()))
    call("predict", [*words, "--resume"], "predict")
    assert out.read_bytes() == whole
    with pytest.raises(UserError, match=r"was written with prevalence 0\.5, not 0\.2"):
        call(
            "predict",
            [str(folder / "new"), *names, "--out", str(out), "--resume", "--prevalence", "0.2"],
            "p",
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume"], "--resume continues a file of results; name it with --out"),
        (["--prevalence", "1"], "--prevalence must be between 0 and 1, got 1.0"),
        (["--out", "results.txt"], r"--out results.txt: must end in \.csv or \.jsonl"),
    ],
)
def test_a_contradiction_is_one_message(words: list[str], message: str, folder: Path):
    with pytest.raises(UserError, match=message):
        call("predict", [str(folder / "new"), str(folder / "a.wav"), *words], "predict")


def test_a_sentence_says_what_training_had_not(folder: Path, capsys: pytest.CaptureFixture[str]):
    write_audio(folder / "c.flac", SPEECH, "flac")
    call("predict", [str(folder / "new"), str(folder / "c.flac")], "predict")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].endswith("training had no such sound, so how often such a call is wrong was not measured")
    assert "    training: outside: this file is in the codec flac, training had none such" in lines


def test_the_highest_crop_has_its_own_threshold_and_a_label_track_is_written_once(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    labels = tmp_path / "labels.txt"
    words = [
        str(folder / "new"),
        str(folder / "a.wav"),
        "--whole",
        "max",
        "--json",
        "--audacity",
        str(labels),
    ]
    call("predict", words, "predict")
    (told,) = printed(capsys)
    assert (told["whole"], told["threshold"], told["call"]) == ("max", 0, "fake")
    assert told["score"] == pytest.approx(max(item["score"] for item in told["segments"]))
    assert told["llr"] is None
    assert told["reasons"]["llr"] == "the calibration is of scores by the mean, not by the max"
    assert labels.read_text("utf-8") == f"0.000000\t2.000000\tfake {told['stretches'][0]['score']:.4f}\n"
    for more, message in (
        ([], "exists; name another file"),
        ([str(folder / "b.wav")], "is of one file, not of 2"),
    ):
        with pytest.raises(UserError, match=message):
            call("predict", [*words, *more], "predict")
    with pytest.raises(UserError, match="has a threshold for mean alone; train the detector again"):
        call("predict", [str(folder / "old"), str(folder / "a.wav"), "--whole", "max"], "predict")
