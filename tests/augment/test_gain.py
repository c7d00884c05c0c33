"""gain: the level changes by the drawn decibels."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment.gain import Drawn
from avdf.errors import ConfigError


def test_six_decibels_double_the_samples():
    gain = AUGMENTS.build({"name": "gain"}, "model.augment.gain")
    louder = gain.apply(np.array([0.1, -0.2, 0.75], np.float32), Drawn(gain_db=20 * np.log10(2)), 16000)
    np.testing.assert_allclose(louder, [0.2, -0.4, 1.5], rtol=1e-6)  # nothing is clipped


def test_a_gain_of_minus_20_db_leaves_a_tenth():
    gain = AUGMENTS.build({"name": "gain", "min_db": -20, "max_db": -20}, "model.augment.gain")
    drawn = gain.draw(np.random.default_rng(0), 1, 16000)
    assert gain.apply(np.array([1], np.float32), drawn, 16000) == pytest.approx(0.1)


def test_a_range_with_its_ends_exchanged_names_both_keys():
    with pytest.raises(
        ConfigError, match=r"model\.augment\.gain\.min_db must be <= max_db, got 3\.0 and -3\.0"
    ):
        AUGMENTS.build({"name": "gain", "min_db": 3, "max_db": -3}, "model.augment.gain")
