"""channel: any channel as an augmentation, with the length of the clip kept."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.channels import CHANNELS
from avdf.errors import ConfigError


def build(**channel: object):
    return AUGMENTS.build({"name": "channel", "channel": channel}, "model.augment.line")


def test_packet_loss_in_training_is_that_of_the_channel(speech):
    line, plain = (
        build(name="packet_loss", share=0.2),
        CHANNELS.build({"name": "packet_loss", "share": 0.2}, "c"),
    )
    drawn = line.draw(np.random.default_rng(3), len(speech), 16000)
    expected = plain.apply(speech, 16000, np.random.default_rng(drawn.seed))
    np.testing.assert_array_equal(line.apply(speech, drawn, 16000), expected)


def test_an_excerpt_of_half_a_second_is_repeated_to_the_length_of_the_clip(speech):
    line = build(name="excerpt", seconds=0.5)
    altered = line.apply(speech, line.draw(np.random.default_rng(0), len(speech), 16000), 16000)
    assert len(altered) == len(speech)
    np.testing.assert_array_equal(altered[:8000], altered[8000:16000])


def test_a_wrong_name_is_answered_with_the_nearest_channel():
    with pytest.raises(
        ConfigError,
        match=r"^model\.augment\.line\.channel\.name: no channel 'packetloss', did you mean 'packet",
    ):
        build(name="packetloss")
