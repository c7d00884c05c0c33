"""Only audible clips are scored, and one unreadable file does not affect the others."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from making.media import RATE_HZ, speech_like, write_audio
from making.pace import slowness

from avdf.config.evaluation import Whole
from avdf.config.schema import ModelConfig
from avdf.detection.answers import Rule
from avdf.detection.prediction import Predictor, predict
from avdf.detection.torch_scorer import TorchScorer
from avdf.detector import build_detector
from avdf.errors import UserError

NOISE = np.random.default_rng(0).normal(0, 0.01, 5 * RATE_HZ)  # so that the band is not narrow
SPEECH = (speech_like(5 * RATE_HZ)[:1] + NOISE).astype(np.float32)
MODEL = ModelConfig(
    features={"audio": {"name": "mfcc", "n_fft": 512}}, encoders={"audio": {"name": "audio_mfcc_linear"}}
)
STUBBORN = """
import ctypes, time
from avdf.data.audio.decoder_process import decode, main

def stubborn(path, sample_rate_hz):
    if path.stem == "crash":
        ctypes.string_at(0)
    if path.stem == "hang":
        time.sleep(60)
    return decode(path, sample_rate_hz)

main(stubborn)
"""


def predictor(*, whole: Whole = "mean", **settings: float) -> Predictor:
    torch.manual_seed(0)
    values = {"seconds": 2.0, "skip_start_s": 0.0, "num_crops": 4, "threshold": 0.5} | settings
    return Predictor(
        scorer=TorchScorer(build_detector(MODEL, RATE_HZ).eval(), torch.device("cpu")),
        rule=Rule(threshold=values["threshold"], whole=whole),
        sample_rate_hz=RATE_HZ,
        seconds=values["seconds"],
        skip_start_s=values["skip_start_s"],
        num_crops=int(values["num_crops"]),
    )


def write(path: Path, samples: np.ndarray = SPEECH) -> Path:
    return write_audio(path, samples.astype(np.float32), "pcm_s16le")


def test_silence_and_too_little_sound_get_no_call(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "silent.wav", 0 * SPEECH),
        write(tmp_path / "muted.wav", 10**-3.5 * SPEECH),
        write(tmp_path / "short.wav", SPEECH[:, :2000]),
        write(tmp_path / "speech.wav"),
    ]
    silent, muted, short, speech = predict(predictor(), files)
    assert silent["error"] == "silent (digital silence: every sample has the same value)"
    assert muted["error"].startswith("silent (its loudest 0.1 s has -8")
    assert short["error"] == "too short (0.125 s of audio; at least 0.5 s)"
    assert all(result["score"] is result["called_fake"] is None for result in (silent, muted, short))
    assert (speech["error"], speech["warnings"]) == (None, [])
    assert 0 < speech["score"] < 1


def test_what_counts_is_the_sound_after_the_start_that_the_detector_leaves_out(tmp_path: Path) -> None:
    late = SPEECH.copy()
    late[:, 3 * RATE_HZ :] = 0  # sound in the first 3 s only
    files = [write(tmp_path / "late.wav", late), write(tmp_path / "brief.wav", SPEECH[:, : 2 * RATE_HZ])]
    skipping = predictor(skip_start_s=3.0)
    silent, short = predict(skipping, files)
    assert silent["error"].startswith("silent (")
    assert short["error"] == "too short (0.00 s of usable audio; at least 0.5 s)"


def test_a_crop_repeats_a_clip_at_most_8_times(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.wav", SPEECH[:, :RATE_HZ])
    (refused,) = predict(predictor(seconds=16.0), [path])
    assert refused["error"] == "too short (1.00 s of usable audio; at least 2 s)"
    (scored,) = predict(predictor(seconds=8.0), [path])
    assert scored["warnings"] == ["short: 1.00 s, repeated to fill 8 s"]


def test_a_clip_shorter_than_a_crop_has_one_segment(tmp_path: Path) -> None:
    (result,) = predict(predictor(seconds=8.0), [write(tmp_path / "clip.wav")])
    (segment,) = result["segments"]
    assert (segment["start_s"], segment["end_s"]) == (0, 5)
    assert segment["score"] == pytest.approx(result["score"])


def test_the_score_of_a_file_is_the_mean_logit_of_its_segments_or_the_highest(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.wav")
    [mean], [highest] = (list(predict(predictor(whole=whole), [path])) for whole in ("mean", "max"))
    scores = np.array([segment["score"] for segment in mean["segments"]])
    logits = np.log(scores / (1 - scores))
    assert mean["score"] == pytest.approx(1 / (1 + np.exp(-logits.mean())), abs=1e-6)
    assert highest["score"] == max(scores) > mean["score"]


def test_speech_far_below_noise_and_a_tone_are_steady(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, SPEECH.shape)
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(SPEECH.shape[1]) / RATE_HZ)
    files = [
        write(tmp_path / "covered.wav", 10**-2 * SPEECH + noise),  # 26 dB below the noise
        write(tmp_path / "tone.wav", tone[None]),
        write(tmp_path / "heard.wav", SPEECH + noise),  # 10 dB above it
    ]
    covered, tone_result, heard = predict(predictor(), files)
    assert any(text.startswith("steady: its level varies by 0.") for text in covered["warnings"])
    assert any(text.startswith("steady: its level varies by 0.0 dB") for text in tone_result["warnings"])
    assert heard["warnings"] == []


def test_doubtful_sound_is_scored_with_a_warning(tmp_path: Path) -> None:
    telephone = write_audio(
        tmp_path / "telephone.wav", speech_like(5 * 8000, 8000)[:1], "pcm_s16le", rate_hz=8000
    )
    files = [
        write(tmp_path / "quiet.wav", 10**-2.5 * SPEECH),
        write(tmp_path / "clipped.wav", 20 * SPEECH),
        telephone,
    ]
    quiet, clipped, narrow = predict(predictor(), files)
    assert any(text.startswith("very quiet: the loudest 0.1 s has -6") for text in quiet["warnings"])
    assert any(text.startswith("clipped: ") for text in clipped["warnings"])
    assert any(text.startswith("narrow band: ") for text in narrow["warnings"])
    assert None not in (quiet["score"], clipped["score"], narrow["score"])


@pytest.mark.parametrize("workers", [1, 3])
def test_a_crash_or_a_hang_affects_one_file_and_keeps_the_order(workers: int, tmp_path: Path) -> None:
    files = [write(tmp_path / f"{name}.wav") for name in ("a", "crash", "b", "hang", "c")]
    command = (sys.executable, "-c", STUBBORN)
    results = list(predict(predictor(), files, workers=workers, timeout_s=2.0, decoder=command))
    assert [Path(result["path"]).stem for result in results] == ["a", "crash", "b", "hang", "c"]
    errors = [result["error"] for result in results]
    assert errors[1] == "crashed (it ended the decoder's process (SIGSEGV))"
    assert errors[3] == "time limit (not decoded within 2 s)"
    assert errors[0] is errors[2] is errors[4] is None


def test_an_interrupted_prediction_does_not_wait_for_a_file_that_hangs(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{name}.wav") for name in ("a", "hang", "b")]
    command = (sys.executable, "-c", STUBBORN)
    results = predict(predictor(), files, workers=2, timeout_s=50.0, decoder=command)
    assert next(results)["error"] is None
    started = time.monotonic()
    results.close()  # type: ignore[attr-defined]  # as an exception in the caller does
    assert time.monotonic() - started < 20 * slowness()


def test_a_name_that_is_not_utf_8_is_escaped_and_scored(tmp_path: Path) -> None:
    odd = tmp_path / "caf\udce9.wav"
    odd.write_bytes(write(tmp_path / "plain.wav").read_bytes())
    odd_result, plain = predict(predictor(), [odd, tmp_path / "plain.wav"])
    assert odd_result["path"] == f"{tmp_path}/caf\\xe9.wav"
    assert odd_result["score"] == plain["score"]


def test_a_score_that_is_nan_is_an_error_and_never_real(tmp_path: Path) -> None:
    broken = predictor()
    for weights in broken.scorer.detector.parameters():
        weights.data.fill_(torch.nan)
    with pytest.raises(UserError, match="NaN or infinite"):
        list(predict(broken, [write(tmp_path / "clip.wav")]))
