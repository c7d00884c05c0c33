"""Encoders of frames: against torchvision on each frame, motion, attention, sizes by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import efficientnet_b0
from torchvision.transforms.functional import normalize

from avdf.encoders import ENCODERS
from avdf.encoders._frames import FramePooling, standardised
from avdf.errors import ConfigError

KEY = "model.encoders.video"


def frames_of(num_clips: int, num_frames: int, size: int = 32) -> Tensor:
    """Noise: (clip, frame, 3, size, size) uint8."""
    shape = (num_clips, num_frames, 3, size, size)
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_a_red_pixel_is_standardised_as_torchvision_does():
    red = torch.tensor([255, 0, 0], dtype=torch.uint8).view(1, 1, 3, 1, 1)
    by_hand = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    torch.testing.assert_close(standardised(red).flatten(), torch.tensor(by_hand))
    frames = frames_of(1, 2)
    theirs = normalize(frames[0] / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(standardised(frames)[0], theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "frames",
    [
        torch.zeros(1, 2, 3, 8, 8),
        torch.zeros(2, 3, 8, 8, dtype=torch.uint8),
        torch.zeros(1, 3, 2, 8, 8).byte(),
    ],
    ids=["float", "no clips", "colours first"],
)
def test_frames_of_another_type_or_shape_are_refused(frames: Tensor):
    with pytest.raises(ValueError, match=r"frames must be \(clip, frame, 3, height, width\) uint8, got"):
        standardised(frames)


def test_video_frames_effnet_is_the_mean_of_torchvisions_vectors_of_the_frames(tmp_path: Path):
    theirs, frames = efficientnet_b0(weights=None), frames_of(2, 3, size=64)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # one pass, and the values of all layers are of the order of 1
    theirs.features(standardised(frames)[:, 0])
    theirs.eval()
    torch.save(theirs.state_dict(), tmp_path / "b0.pt")
    settings = {"name": "video_frames_effnet", "weights": str(tmp_path / "b0.pt")}
    ours = ENCODERS.build(settings, KEY).eval()
    with torch.inference_mode():
        vectors = [theirs.features(standardised(frames[:, [at]])[:, 0]).mean(dim=(2, 3)) for at in range(3)]
        expected = sum(vectors) / 3
    # Rounding grows over some 80 layers: kernels of channels last sum in another order.
    assert (ours(frames) - expected).abs().max() < 0.1 * expected.std()


def test_weights_of_another_variant_are_refused_with_the_key_of_the_video_encoder(tmp_path: Path):
    torch.save(efficientnet_b0(weights=None).state_dict(), tmp_path / "b0.pt")
    settings = {"name": "video_frames_effnet", "variant": "b1", "weights": str(tmp_path / "b0.pt")}
    with pytest.raises(ConfigError, match=r"model\.encoders\.video\.weights: .*does not fit EfficientNet-B1"):
        ENCODERS.build(settings, KEY)


@pytest.mark.parametrize(("variant", "dim"), [("b0", 1280), ("b2", 1408), ("b7", 2560)])
def test_the_length_of_the_vector_follows_from_the_variant(variant: str, dim: int):
    with torch.device("meta"):
        encoder = ENCODERS.build({"name": "video_frames_effnet", "variant": variant, "weights": "none"}, KEY)
    assert encoder.dim == dim


def test_attention_begins_as_the_mean_and_weighs_frames_by_a_softmax():
    vectors = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    pooling = FramePooling("attention", 4)
    torch.testing.assert_close(pooling(vectors), vectors.mean(dim=1))
    pooling.logit.weight.data = torch.tensor([[1.0, -2.0, 0.5, 0.0]])
    values = vectors.numpy()
    powers = np.exp(values @ [1.0, -2.0, 0.5, 0.0])
    by_hand = np.einsum("cf,cfd->cd", powers / powers.sum(axis=1, keepdims=True), values)
    torch.testing.assert_close(pooling(vectors), torch.from_numpy(by_hand).float())


def test_only_motion_tells_a_film_from_the_same_frames_backwards():
    frames = frames_of(1, 4)
    for motion in (False, True):
        encoder = ENCODERS.build({"name": "video_cnn", "channels": [8], "motion": motion}, KEY).eval()
        same = torch.allclose(encoder(frames), encoder(frames.flip(1)), atol=1e-5)
        assert same != motion


def test_a_still_picture_has_the_same_vector_however_many_frames_show_it():
    encoder = ENCODERS.build({"name": "video_cnn"}, KEY).eval()
    still = frames_of(1, 1)
    torch.testing.assert_close(encoder(still), encoder(still.expand(-1, 7, -1, -1, -1)))


def test_with_a_centre_of_half_only_the_middle_rows_and_columns_count():
    encoder = ENCODERS.build({"name": "video_cnn", "channels": [8], "centre": 0.5}, KEY).eval()
    frames = frames_of(1, 2, size=32)
    outside, inside = frames.clone(), frames.clone()
    outside[..., :8, :], outside[..., 24:] = 0, 255
    inside[..., 8, 8] = 255 - inside[..., 8, 8]
    assert torch.equal(encoder(outside), encoder(frames))
    assert not torch.equal(encoder(inside), encoder(frames))


def test_four_parts_of_a_frame_say_where_something_is_and_their_mean_is_that_of_the_frame():
    whole, parts = (
        ENCODERS.build({"name": "video_cnn", "channels": [8], "grid": grid}, KEY).eval() for grid in (1, 2)
    )
    parts.load_state_dict(whole.state_dict())
    frames = torch.zeros(1, 2, 3, 32, 32, dtype=torch.uint8)
    frames[..., 4:8, 4:8] = 255  # in the first quarter
    vector = parts(frames).view(8, 4)  # channel by part
    torch.testing.assert_close(vector.mean(dim=1), whole(frames)[0])
    assert not torch.allclose(vector[:, 0], vector[:, 3], atol=0.01)


def test_video_cnn_of_16_32_64_has_27_thousand_weights():
    # 5*5*6*16, 3*3*16*32, 3*3*32*64 and two for each channel of the norms
    encoder = ENCODERS.build({"name": "video_cnn", "channels": [16, 32, 64]}, KEY)
    assert sum(p.numel() for p in encoder.parameters()) == 2400 + 4608 + 18432 + 2 * 112


@pytest.mark.parametrize("name", ["video_cnn", "video_frames_effnet"])
def test_convolutions_of_frames_give_channels_last_tensors(name: str):
    settings = {"weights": "none"} if name == "video_frames_effnet" else {}
    encoder, layouts = ENCODERS.build({"name": name, **settings}, KEY), []
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(
                lambda module, inputs, output: layouts.append(
                    output.is_contiguous(memory_format=torch.channels_last)
                )
            )
    encoder(frames_of(2, 2)).sum().backward()
    assert len(layouts) >= 3
    assert all(layouts)


@pytest.mark.parametrize(("channels", "norm"), [([], "batch"), ([1024], "batch"), ([12], "group")])
def test_channels_out_of_bounds_are_refused_by_name(channels: list[int], norm: str):
    with pytest.raises(ConfigError, match=r"model\.encoders\.video\.channels must"):
        ENCODERS.build({"name": "video_cnn", "channels": channels, "norm": norm}, KEY)
