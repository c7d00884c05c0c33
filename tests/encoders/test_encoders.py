"""Every ready encoder passes check_encoder; layouts, numbers of weights, pretrained weights."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import efficientnet_b0

from avdf.encoders import ENCODERS
from avdf.errors import ConfigError
from avdf.testing import check_encoder

READY = [name for name in ENCODERS.names() if not ENCODERS.get(name).is_stub]
SMALL = {name: {"variant": "b0", "weights": "none"} for name in ("audio_effnet", "video_frames_effnet")}


def build(name: str, **settings: object) -> nn.Module:
    return ENCODERS.build({"name": name, **SMALL.get(name, {}), **settings}, "model.encoders.audio")


@pytest.mark.parametrize("name", READY)
def test_every_ready_encoder_passes_the_check_for_encoders(name: str):
    check_encoder(name, SMALL.get(name), features="mfcc" if "mfcc" in name else "log_mel")


@pytest.mark.parametrize("name", ["audio_cnn", "audio_effnet"])
def test_convolutions_give_channels_last_tensors_in_training_too(name: str):
    encoder, layouts = build(name), []
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(
                lambda module, inputs, output: layouts.append(
                    output.is_contiguous(memory_format=torch.channels_last)
                )
            )
    encoder(torch.randn(2, 64, 101)).sum().backward()
    assert len(layouts) >= 3
    assert all(layouts)


def test_three_blocks_of_16_32_64_have_23_thousand_weights():
    # 5*5*16+16, 3*3*16*32+32, 3*3*32*64+64 and two for each channel of the norms
    assert sum(p.numel() for p in build("audio_cnn").parameters()) == 416 + 4640 + 18496 + 2 * 112


def test_group_norm_needs_multiples_of_8_channels():
    with pytest.raises(ConfigError, match=r"channels must be multiples of 8"):
        build("audio_cnn", channels=[12], norm="group")


def test_the_first_convolution_has_the_sum_of_the_three_pretrained_channels(tmp_path: Path):
    theirs = efficientnet_b0(weights=None)
    torch.save(theirs.state_dict(), tmp_path / "b0.pt")
    ours = build("audio_effnet", weights=str(tmp_path / "b0.pt"))
    first = theirs.features[0][0].weight
    torch.testing.assert_close(ours.layers[0][0].weight, first[:, :1] + first[:, 1:2] + first[:, 2:])
    grey = torch.randn(2, 1, 64, 64)
    torch.testing.assert_close(
        ours.eval()(grey[:, 0]),
        theirs.eval().features(grey.expand(-1, 3, -1, -1)).mean(dim=(2, 3)),
        atol=1e-4,
        rtol=1e-4,
    )


def test_weights_of_another_variant_are_refused_by_name(tmp_path: Path):
    torch.save(efficientnet_b0(weights=None).state_dict(), tmp_path / "b0.pt")
    with pytest.raises(
        ConfigError, match=r"weights: .*b0\.pt' does not fit EfficientNet-B1; is it of another"
    ):
        build("audio_effnet", variant="b1", weights=str(tmp_path / "b0.pt"))


def test_weights_of_a_missing_file_or_of_another_kind_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="no file 'nowhere'; give weights: none"):
        build("audio_effnet", weights="nowhere")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ConfigError, match="is not a state dict that torch can load"):
        build("audio_effnet", weights=str(tmp_path / "text.pt"))


def test_without_a_network_imagenet_names_the_two_other_choices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(
        ConfigError, match=r"imagenet can't be downloaded .* give weights: none, or weights: PATH"
    ):
        build("audio_effnet", weights="imagenet")
