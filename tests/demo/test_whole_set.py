"""The default made-up data set: its size, its reproducibility, and what tells its fakes from real clips."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.demo_sounds import bytes_under, first_sound_s, silence_s, tool
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from avdf.corpora import index_corpus
from avdf.data.audio.samples import read_audio
from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings

SMALL = DemoSettings(num_identities=4, num_recordings=1)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("demo") / "whole"
    done = tool(str(out))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == str(out / "FakeAVCeleb_v1.2")
    yield out
    shutil.rmtree(out)


@pytest.mark.slow
class TestTheWholeSet:
    """The default set, made by the tool with two processes."""

    def test_it_holds_479_clips_in_less_than_30_mb(self, out: Path) -> None:
        sizes = [path.stat().st_size for path in out.rglob("*") if path.is_file()]
        assert sum(sizes) < 30e6
        summary = index_corpus("fakeavceleb", out).summary
        assert summary["num_files"] == 479
        assert summary["num_duplicate_rows"] == 3
        assert summary["num_by_type"] == {"A": 160, "B": 160, "C": 80, "D": 78}

    def test_one_process_makes_the_same_bytes_as_two(self, tmp_path: Path) -> None:
        one, two = (make_demo(tmp_path / str(n), SMALL, workers=n) for n in (1, 2))
        assert bytes_under(one) == bytes_under(two)

    def test_log_mel_statistics_tell_fakes_of_new_voices_and_no_trivial_feature_does(self, out: Path) -> None:
        tracks = pd.read_csv(out / "tracks.csv")
        is_fake = tracks["strength"].to_numpy() > 0
        heard = [read_audio(out / "FakeAVCeleb_v1.2" / path, 16000).waveform for path in tracks["path"]]
        trivial = {
            "duration": [len(waveform) for waveform in heard],
            "loudness": [waveform.std() for waveform in heard],
            "leading silence": [silence_s(waveform) for waveform in heard],
            "trailing silence": [silence_s(waveform[::-1]) for waveform in heard],
            "first sound": [first_sound_s(waveform) for waveform in heard],
            "size": [(out / "FakeAVCeleb_v1.2" / path).stat().st_size for path in tracks["path"]],
        }
        for name, values in trivial.items():
            assert 0.4 < roc_auc_score(is_fake, values) < 0.6, name
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        statistics = np.array([_log_mel_statistics(waveform) for waveform in heard])
        folds = GroupKFold(5)
        scores = cross_val_predict(
            model, statistics, is_fake, groups=tracks["voice"], cv=folds, method="predict_proba"
        )
        assert 0.8 < roc_auc_score(is_fake, scores[:, 1]) < 0.98


def _log_mel_statistics(waveform: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean and spread over time of 64 bands, and the spread of their steps."""
    windows = np.lib.stride_tricks.sliding_window_view(waveform, 512)[::160] * np.hanning(512)
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 66) / 2595) - 1)
    hz = np.arange(257) * 31.25
    rise = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    bank = np.clip(np.minimum(rise, fall), 0, None)
    level = np.log(np.abs(np.fft.rfft(windows)) ** 2 @ bank.T + 1e-8)
    return np.concatenate([level.mean(0) - level.mean(), level.std(0), np.diff(level, axis=0).std(0)])
