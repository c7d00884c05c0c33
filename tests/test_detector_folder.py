"""A detector folder: saved, loaded again, and scored as before."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from making.changes import weights
from making.detectors import CNN, facts_of, save_small_detector
from torch import nn

from avdf.config.schema import ModelConfig
from avdf.detector import build_detector, resolve_model
from avdf.detector_folder import load_detector, save_detector
from avdf.encoders import ENCODERS
from avdf.errors import UserError
from avdf.passes import score_batch

NAN = float("nan")


def test_a_saved_detector_scores_as_before(tmp_path: Path):
    detector = save_small_detector(tmp_path)
    loaded, facts = load_detector(tmp_path)
    batch = {"waveform": torch.randn(3, 16000)}
    before, after = (score_batch(item, batch, torch.device("cpu")) for item in (detector, loaded))
    torch.testing.assert_close(after, before, atol=0, rtol=0)
    assert (facts.positive, facts.threshold.value, facts.threshold.ci) == ("fake", 0.5, [0.25, None])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["detector.json", "detector.safetensors"]


def test_a_detector_trained_from_pretrained_weights_loads_without_them(tmp_path: Path):
    from torchvision.models import efficientnet_b0

    weights = tmp_path / "b0.pt"
    torch.save(efficientnet_b0(weights=None).state_dict(), weights)
    settings = {"name": "audio_effnet", "variant": "b0", "weights": str(weights)}
    save_small_detector(tmp_path / "detector", ModelConfig(encoders={"audio": settings}))
    weights.unlink()
    assert load_detector(tmp_path / "detector")[0].encoders["audio"].dim == 1280


def test_a_detector_whose_json_leaves_out_weights_loads_without_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = {"name": "audio_effnet", "variant": "b0", "weights": "none"}
    save_small_detector(tmp_path, ModelConfig(encoders={"audio": settings}))
    path = tmp_path / "detector.json"
    content = json.loads(path.read_text("utf-8"))
    del content["model"]["encoders"]["audio"]["weights"]
    path.write_text(json.dumps(content))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody listens there
    load_detector(tmp_path)
    assert not (tmp_path / "hub").exists()


def test_facts_that_could_not_be_loaded_are_refused_when_they_are_saved(tmp_path: Path):
    model = resolve_model(CNN)
    facts = facts_of(model) | {"seconds": 0.0}
    with pytest.raises(UserError, match=r"detector\.json\.seconds must be from 0\.1 to 60, got 0"):
        save_detector(build_detector(model, 16000), tmp_path, facts)
    assert not (tmp_path / "detector.json").exists()


def test_crops_too_large_for_one_pass_are_scored_in_several_with_the_same_result(tmp_path: Path):
    detector = save_small_detector(tmp_path)
    batch, cpu = {"waveform": torch.randn(5, 16000)}, torch.device("cpu")
    whole = score_batch(detector, batch, cpu)
    detector.max_crops = 2
    torch.testing.assert_close(score_batch(detector, batch, cpu), whole)


def test_a_nan_score_is_an_error(tmp_path: Path):
    detector = save_small_detector(tmp_path)
    detector.fusion.linear.bias.data.fill_(NAN)
    with pytest.raises(UserError, match="the detector's score is NaN or infinite"):
        score_batch(detector, {"waveform": torch.zeros(1, 16000)}, torch.device("cpu"))


class Counting(nn.Module):
    """An encoder of another package that looks at values, even while it is built."""

    modality = "audio"
    dim = 1

    def __init__(self, config: object) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), torch.ones(1).item()))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.scale * (features > 0).sum().item() * features.mean(dim=(1, 2))[:, None]


@dataclass(frozen=True)
class NoSettings:
    pass


def test_a_plugin_of_another_package_that_needs_values_is_loaded_and_its_sizes_are_checked(tmp_path: Path):
    ENCODERS.register("audio_counting", NoSettings)(Counting)
    try:
        save_small_detector(tmp_path, ModelConfig(encoders={"audio": {"name": "audio_counting"}}))
        assert load_detector(tmp_path)[0].encoders["audio"].scale == 1
        weights(lambda tensors: tensors.update({"encoders.audio.scale": torch.ones(2)}))(tmp_path)
        with pytest.raises(UserError, match=r"does not fit the model .* 'encoders\.audio\.scale' and 0 more"):
            load_detector(tmp_path)
    finally:
        ENCODERS._registered.pop("audio_counting", None)


def test_a_forward_pass_takes_as_many_crops_as_keep_its_largest_tensor_to_512_mib(tmp_path: Path):
    """Of a crop of 1 s the spectrum is the largest tensor: 257 bins x 101 frames x 8 bytes."""
    save_small_detector(tmp_path)
    exact = 512 * 2**20 / (257 * 101 * 8)
    assert load_detector(tmp_path)[0].max_crops == pytest.approx(exact, rel=0.2)
