"""Channels of pictures: shape and type are kept, and each does to a picture what it says."""

import numpy as np
import pytest
from making.memory import fillings

from avdf.channels import CHANNELS, build_channel, modality_of
from avdf.errors import ConfigError

NAMES = [name for name in CHANNELS.names() if modality_of(name, "channel") == "video"]


def through(frames: np.ndarray, name: str, seed: int = 0, **settings: float) -> np.ndarray:
    channel = CHANNELS.build({"name": name, **settings}, "channel")
    altered: np.ndarray = channel.apply(frames, 4.0, np.random.default_rng(seed))
    return altered


def noise(num_frames: int = 6, height: int = 48, width: int = 64) -> np.ndarray:
    frames = np.random.default_rng(0).integers(0, 256, (num_frames, 3, height, width), dtype=np.uint8)
    frames.setflags(write=False)
    return frames


def moving(num_frames: int = 8, height: int = 112, width: int = 112) -> np.ndarray:
    """A pattern that moves by two pixels a frame under a little noise, as films do and noise does not."""
    rows, columns = np.mgrid[0:height, 0:width]
    shown = [128 + 60 * np.sin((columns + 2 * k) / 7) + 60 * np.cos(rows / 11) for k in range(num_frames)]
    grey = np.array(shown) + np.random.default_rng(0).normal(0, 4, (num_frames, height, width))
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, None], 3, axis=1)


@pytest.mark.parametrize("name", NAMES)
def test_the_result_is_the_same_whatever_memory_held_before(name: str):
    frames = moving()
    first, *others = [through(frames, name) for _ in fillings()]
    for other in others:
        np.testing.assert_array_equal(other, first)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 8, 8), (5, 17, 31), (3, 128, 130)])
def test_shape_and_type_are_kept_for_any_size(name: str, size: tuple[int, int, int]):
    frames = noise(*size)
    altered = through(frames, name)
    assert (altered.shape, altered.dtype) == (frames.shape, np.uint8)
    np.testing.assert_array_equal(altered, through(frames, name))


def test_jpeg_of_low_quality_loses_more():
    """Of grey noise, since JPEG halves the resolution of colours at any quality."""
    grey = np.repeat(noise()[:, :1], 3, axis=1)
    lost = [np.abs(through(grey, "jpeg", quality=quality) - grey.astype(int)).mean() for quality in (10, 90)]
    assert lost[0] > 10 * lost[1] > 0


def test_a_blurred_edge_is_as_wide_as_the_gaussian():
    """A step between columns 31 and 32: 2.5 pixels away it is the normal distribution at 2.5 / 3."""
    frames = np.zeros((1, 3, 16, 64), np.uint8)
    frames[..., 32:] = 200
    row = through(frames, "blur", sigma_px=3.0)[0, 0, 8].astype(float) / 200
    assert row[34] == pytest.approx(0.8, abs=0.03)  # Phi(2.5 / 3)
    assert row[29] == pytest.approx(0.2, abs=0.03)


def test_a_reduced_picture_has_lost_its_pixels_and_a_small_one_nothing():
    frames = noise(1, 224, 224)
    assert through(frames, "downscale").astype(float).std() < 0.6 * frames.astype(float).std()
    np.testing.assert_array_equal(through(noise(1, 112, 150), "downscale"), noise(1, 112, 150))


def test_a_lost_frame_shows_the_one_before_it_and_the_first_is_never_lost():
    frames = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None, None], (200, 3, 2, 2))
    shown = through(frames, "frame_drop", share=0.5)[:, 0, 0, 0].tolist()
    assert shown[0] == 0
    assert all(shown[number] in (shown[number - 1], number) for number in range(1, 200))
    assert 70 < len(set(shown)) < 130
    assert through(frames, "frame_drop", share=0.0)[:, 0, 0, 0].tolist() == list(range(200))


def test_h264_keeps_a_smooth_picture_in_its_place_and_loses_noise():
    rows, columns = np.mgrid[0:48, 0:64]
    smooth = np.broadcast_to((2 * columns + rows).astype(np.uint8), (6, 3, 48, 64))
    assert np.abs(through(smooth, "video_codec").astype(int) - smooth).mean() < 4
    lost = [np.abs(through(noise(), "video_codec", crf=crf) - noise().astype(int)).mean() for crf in (45, 20)]
    assert lost[0] > 1.1 * lost[1]


def test_a_channel_of_pictures_is_refused_where_sound_is_changed():
    with pytest.raises(ConfigError, match=r"^model\.augment\.line\.name: 'blur' changes pictures, not sound"):
        build_channel({"name": "blur"}, "model.augment.line")
