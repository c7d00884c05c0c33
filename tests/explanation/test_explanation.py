"""A file explained from its run: the page, its figures, the changes, the neighbours, and mistakes."""

import base64
import io
import re
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
from making.calls import called
from making.detectors import save_small_detector
from making.media import write_mp4
from making.runs import read_json
from numpy.typing import NDArray

from avdf.config.schema import ModelConfig
from avdf.detection.answers import Rule
from avdf.detection.prediction import Predictor
from avdf.errors import UserError
from avdf.explanation.changes import AS_RECORDED, CHANGES, stability, under_changes
from avdf.explanation.content import Explanation, explain
from avdf.explanation.page import MOST_PLAYED_S, page_html, write_explanation
from avdf.run_folder import RunFolder

RATE_HZ = 16000


def by_loudness(crops: NDArray[np.float32]) -> NDArray[np.float64]:
    """Fake above an RMS of 0.08."""
    return np.where(np.sqrt((crops**2).mean(axis=1)) > 0.08, 3.0, -3.0)


def predictor_by_loudness() -> Predictor:
    rule = Rule(threshold=0.5)
    return Predictor(
        scorer=by_loudness, rule=rule, sample_rate_hz=RATE_HZ, seconds=0.5, skip_start_s=0.0, num_crops=2
    )


@pytest.fixture(scope="module")
def page(explanation: Explanation, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_html(explanation, tmp_path_factory.mktemp("page"))


class TestChanges:
    def test_a_detector_of_loudness_is_found_not_to_be_stable(self):
        sound = np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ)
        rows = under_changes(predictor_by_loudness(), np.int16(0.14 * 32767 * sound))
        assert [row["change"] for row in rows] == [AS_RECORDED, *CHANGES]
        assert rows[0]["call"] == "fake"
        assert [row["change"] for row in rows if row["call"] == "real"] == ["6 dB quieter"]
        assert stability(rows) == "Not stable: the call is no longer fake 6 dB quieter."

    def test_a_call_that_stays_is_called_stable(self):
        sound = np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ)
        rows = under_changes(predictor_by_loudness(), np.int16(0.9 * 32767 * sound))
        assert stability(rows) == "Stable: the call stays fake under all 6 changes that were tried."


class TestTheExplanation:
    def test_its_result_is_that_of_predict(self, explanation: Explanation, run: RunFolder, clip: Path):
        from avdf.detection.loading import load_predictor
        from avdf.detection.prediction import predict

        assert explanation.result == next(iter(predict(load_predictor(run.detector), [clip])))

    def test_the_maps_are_of_the_crop_with_the_highest_score(self, explanation: Explanation):
        best = max(explanation.result["segments"], key=lambda segment: segment["score"])
        assert explanation.crop_start_s == best["start_s"]
        assert explanation.gradients.shape == explanation.features.shape

    def test_a_training_clip_is_its_own_nearest_recording(self, explanation: Explanation, clip: Path):
        nearest = explanation.neighbours.nearest
        assert len(nearest) == 3
        assert clip.as_posix().endswith(nearest[0]["clip"])
        assert nearest[0]["cosine"] > 0.99
        assert nearest[0]["is_fake"]
        assert [row["cosine"] for row in nearest] == sorted((row["cosine"] for row in nearest), reverse=True)

    def test_a_detector_away_from_its_run_says_what_is_not_known(
        self, run: RunFolder, clip: Path, tmp_path: Path
    ):
        shutil.copytree(run.detector, tmp_path / "detector")
        content = explain(tmp_path / "detector", clip)
        assert content.neighbours.nearest == []
        assert content.audit is None
        page = page_html(content, tmp_path)
        assert (
            "The nearest training recordings are not known: the detector is not in the folder of its run"
            in page
        )
        assert "Its model card (README.md) has the figures" in page

    def test_a_file_without_sound_is_refused_by_its_name(self, run: RunFolder, tmp_path: Path):
        (tmp_path / "notes.wav").write_text("no sound")
        with pytest.raises(UserError, match=r"notes\.wav: unreadable"):
            explain(run.path, tmp_path / "notes.wav")

    def test_the_call_of_a_detector_that_sees_as_well_is_said_to_be_of_the_sound_alone(self, tmp_path: Path):
        encoders = {
            "audio": {"name": "audio_cnn", "channels": [8]},
            "video": {"name": "video_cnn", "channels": [4]},
        }
        features = {"audio": {"name": "log_mel", "num_mels": 20, "n_fft": 256}}
        save_small_detector(tmp_path / "detector", ModelConfig(features=features, encoders=encoders))
        film = write_mp4(tmp_path / "film.mp4", seconds=2)
        content = explain(tmp_path / "detector", film)
        assert content.result["words"].startswith("by its sound alone called ")

    def test_what_compares_sound_and_picture_is_not_explained_by_its_sound(self, tmp_path: Path):
        """The sound alone has logit 0 whatever it is, and so no map."""
        encoders = {
            "audio": {"name": "audio_cnn", "channels": [8]},
            "video": {"name": "video_cnn", "channels": [4]},
        }
        save_small_detector(
            tmp_path / "detector", ModelConfig(encoders=encoders, fusion={"name": "alignment"})
        )
        with pytest.raises(UserError, match="compares sound and picture; neither alone can be explained"):
            explain(tmp_path / "detector", tmp_path / "any.wav")


class TestThePage:
    def test_it_carries_the_sound_and_loads_nothing(self, page: str, explanation: Explanation):
        (sound,) = re.findall(r'<audio controls src="data:audio/wav;base64,([^"]*)"', page)
        with wave.open(io.BytesIO(base64.b64decode(sound))) as reader:
            assert reader.getframerate() == explanation.sample_rate_hz
            heard = np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
        np.testing.assert_array_equal(heard, explanation.samples[: round(MOST_PLAYED_S * RATE_HZ)])
        assert "<script" not in page
        assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page) == []

    def test_it_says_the_call_the_changes_and_the_rates_of_the_test_split(
        self, page: str, explanation: Explanation, run: RunFolder
    ):
        assert stability(explanation.changes) in page
        for words in CHANGES:
            assert words in page
        fpr = read_json(run.audit_json)["overall"]["fpr"]
        assert f"{100 * fpr:.1f}\u00a0%" in page

    def test_a_name_cannot_be_html(self, run: RunFolder, clip: Path, tmp_path: Path):
        odd = tmp_path / "<img src=x>.wav"
        shutil.copy(clip, odd)
        page = page_html(explain(run.detector, odd), tmp_path)
        assert "<img src=x>" not in page
        assert "&lt;img src=x&gt;.wav" in page

    def test_a_folder_that_holds_something_is_not_replaced_unasked(
        self, explanation: Explanation, tmp_path: Path
    ):
        (tmp_path / "mine.txt").write_text("mine")
        with pytest.raises(UserError, match="exists"):
            write_explanation(explanation, tmp_path)
        written = write_explanation(explanation, tmp_path / "new")
        names = {path.name for path in written.parent.iterdir()}
        assert names == {
            *("explanation.html", "waveform.png", "timeline.png", "integrated_gradients.png", "grad_cam.png"),
        }


class TestTheCommand:
    def test_the_last_line_is_the_page(self, run: RunFolder, clip: Path, tmp_path: Path):
        done = called("explain", run.path, clip, "--out", tmp_path / "out")
        assert done.status == 0, done.stderr
        call_line, page_line = done.stdout.strip().splitlines()
        assert call_line.startswith("called ")
        assert Path(page_line).read_text("utf-8").startswith("<!doctype html>")

    def test_a_missing_file_is_one_message(self, run: RunFolder, tmp_path: Path):
        done = called("explain", run.path, tmp_path / "no.wav", "--out", tmp_path / "out")
        assert done.status == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert "no.wav" in done.stderr
        assert not (tmp_path / "out").exists()
