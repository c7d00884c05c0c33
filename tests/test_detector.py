"""A detector: built from a config; batch -> inputs -> logits."""

import pytest
import torch
from making.detectors import CNN

from avdf.config.schema import ModelConfig
from avdf.detector import build_detector
from avdf.errors import ConfigError


def test_inputs_are_the_features_of_the_waveform_and_the_network_takes_only_inputs():
    detector = build_detector(CNN, 16000).eval()
    waveform = torch.randn(3, 16000)
    inputs = detector.extract({"waveform": waveform, "is_fake": torch.ones(3)})
    assert list(inputs) == ["audio"]
    torch.testing.assert_close(inputs["audio"], detector.features["audio"](waveform))
    assert inputs["audio"].shape == (3, 64, 101)
    assert detector(inputs).shape == (3,)


def test_features_are_float32_for_any_precision_of_the_network():
    detector = build_detector(CNN, 16000)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inputs = detector.extract({"waveform": torch.randn(2, 16000)})
        assert detector.encoders["audio"](inputs["audio"]).dtype == torch.bfloat16
    assert inputs["audio"].dtype == torch.float32


def test_a_batch_without_waveform_is_refused_by_an_audio_detector():
    with pytest.raises(ValueError, match="the batch holds nothing for the encoders audio"):
        build_detector(CNN, 16000).extract({"frames": torch.zeros(1, 2, 3, 8, 8)})


def test_an_audio_encoder_is_refused_as_a_video_encoder():
    model = ModelConfig(encoders={"video": {"name": "audio_cnn"}})
    with pytest.raises(
        ConfigError, match=r"model\.encoders\.video\.name: 'audio_cnn' is an encoder of audio"
    ):
        build_detector(model, 16000)


def test_features_that_do_not_fit_the_encoder_are_refused_when_it_is_built():
    model = ModelConfig(encoders={"audio": {"name": "audio_mfcc_linear", "num_coefficients": 7}})
    with pytest.raises(ConfigError, match="model: the features don't fit the encoder"):
        build_detector(model, 16000)


def test_a_window_longer_than_a_crop_is_refused_when_the_detector_is_built():
    """A window of 16384 samples needs 8192 on either side of a frame; a crop of 0.1 s has 1600."""
    features = {"audio": {"name": "log_mel", "n_fft": 16384}}
    model = ModelConfig(features=features, encoders=CNN.encoders)
    with pytest.raises(ConfigError, match="the features don't fit the encoder or the length of a crop"):
        build_detector(model, 16000, seconds=0.1)
