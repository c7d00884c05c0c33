"""A detector: built from a config, saved and loaded as one folder without pickles."""

import json
from pathlib import Path

import pytest
import torch

from avdf.config.schema import ModelConfig
from avdf.detector import Detector, build_detector, load_detector, resolve_model, save_detector
from avdf.errors import ConfigError, UserError

CNN = ModelConfig(encoders={"audio": {"name": "audio_cnn", "channels": [8]}})


def saved(folder: Path, model: ModelConfig = CNN) -> Detector:
    model = resolve_model(model)
    detector = build_detector(model, 16000).eval()
    facts = {"features": model.features, "encoders": model.encoders, "fusion": model.fusion}
    save_detector(detector, folder, {"model": facts, "sample_rate_hz": 16000})
    return detector


def test_a_saved_detector_scores_as_before(tmp_path: Path):
    detector = saved(tmp_path)
    loaded, facts = load_detector(tmp_path)
    batch = {"waveform": torch.randn(3, 16000)}
    torch.testing.assert_close(
        loaded(loaded.extract(batch)), detector(detector.extract(batch)), atol=0, rtol=0
    )
    assert facts["positive"] == "fake"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["detector.json", "detector.safetensors"]


def test_a_detector_trained_from_pretrained_weights_loads_without_them(tmp_path: Path):
    weights = tmp_path / "b0.pt"
    from torchvision.models import efficientnet_b0

    torch.save(efficientnet_b0(weights=None).state_dict(), weights)
    model = ModelConfig(
        encoders={"audio": {"name": "audio_effnet", "variant": "b0", "weights": str(weights)}}
    )
    saved(tmp_path / "detector", model)
    weights.unlink()
    assert load_detector(tmp_path / "detector")[0].encoders["audio"].dim == 1280


def test_changed_weights_are_noticed(tmp_path: Path):
    saved(tmp_path)
    path = tmp_path / "detector.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"not the weights that detector\.json was written with"):
        load_detector(tmp_path)


def test_a_folder_without_a_detector_is_named(tmp_path: Path):
    with pytest.raises(UserError, match="no detector there; give the folder detector/ of a run"):
        load_detector(tmp_path)


def test_a_detector_of_a_later_format_is_refused(tmp_path: Path):
    saved(tmp_path)
    facts = json.loads((tmp_path / "detector.json").read_text())
    (tmp_path / "detector.json").write_text(json.dumps(facts | {"format_version": 99}))
    with pytest.raises(UserError, match="format 99; this avdf reads 1"):
        load_detector(tmp_path)


def test_an_audio_encoder_is_refused_as_a_video_encoder():
    model = ModelConfig(encoders={"video": {"name": "audio_cnn"}})
    with pytest.raises(
        ConfigError, match=r"model\.encoders\.video\.name: 'audio_cnn' is an encoder of audio"
    ):
        build_detector(model, 16000)


def test_features_that_do_not_fit_the_encoder_are_said_before_anything_is_decoded():
    model = ModelConfig(encoders={"audio": {"name": "audio_mfcc_linear", "num_coefficients": 7}})
    with pytest.raises(ConfigError, match="model: the features don't fit the encoder"):
        build_detector(model, 16000)
