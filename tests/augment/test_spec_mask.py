"""spec_mask: which bins and frames are masked, and with which value."""

import numpy as np
import pytest
import torch

from avdf.augment import AUGMENTS
from avdf.augment.spec_mask import Drawn, SpecMask
from avdf.errors import ConfigError


def build(**settings: float) -> SpecMask:
    mask: SpecMask = AUGMENTS.build({"name": "spec_mask", **settings}, "model.augment.spec_mask")
    return mask


def test_a_bin_and_a_frame_are_filled_with_the_clips_own_mean():
    features = torch.tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 6.0]]])
    altered = build().apply(features, [Drawn(bins=((0, 1),), frames=((2, 3),)), None])
    assert altered[0].tolist() == [[4, 4, 4], [4, 5, 4]]  # the mean of 1, 2, 3, 4, 5, 9
    assert altered[1].tolist() == features[1].tolist()
    assert features[0, 0, 0] == 1  # the input is left as it was


def test_masks_of_a_batch_equal_those_of_each_clip_alone():
    mask, rng = build(num_time_masks=3, max_share=0.3, probability=0.8), np.random.default_rng(0)
    features = torch.randn(16, 20, 50, generator=torch.Generator().manual_seed(0))
    drawn = [mask.draw(rng, 20, 50) for _ in range(16)]
    expected = features.clone()
    for clip, draw in enumerate(drawn):
        mean = features[clip].mean()
        for first, end in draw.bins if draw else ():
            expected[clip, first:end] = mean
        for first, end in draw.frames if draw else ():
            expected[clip, :, first:end] = mean
    torch.testing.assert_close(mask.apply(features, drawn), expected)
    assert None in drawn


def test_defaults_are_1_frequency_and_2_time_masks_of_at_most_a_tenth():
    rng = np.random.default_rng(0)
    drawn = [build().draw(rng, 64, 401) for _ in range(2000)]
    assert {(len(draw.bins), len(draw.frames)) for draw in drawn} == {(1, 2)}
    widths = {end - first for draw in drawn for first, end in draw.bins}
    assert widths == set(range(7))  # a tenth of 64 is 6.4
    assert max(end - first for draw in drawn for first, end in draw.frames) == 40
    assert min(first for draw in drawn for first, _ in draw.bins) == 0
    assert max(end for draw in drawn for _, end in draw.bins) == 64


def test_0_masks_change_nothing():
    features = torch.randn(2, 4, 5)
    mask = build(num_frequency_masks=0, num_time_masks=0)
    assert torch.equal(mask.apply(features, [mask.draw(np.random.default_rng(0), 4, 5)] * 2), features)


def test_half_precision_stays_half_precision():
    features = torch.randn(2, 8, 9).to(torch.bfloat16)
    assert build().apply(features, [Drawn(((0, 2),), ()), None]).dtype == torch.bfloat16


@pytest.mark.parametrize("max_share", [0, 1.0, -0.1])
def test_a_share_that_covers_nothing_or_everything_is_refused(max_share):
    with pytest.raises(ConfigError, match=r"model\.augment\.spec_mask\.max_share must be above 0"):
        build(max_share=max_share)
