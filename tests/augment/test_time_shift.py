"""time_shift: samples are moved, none is lost."""

import numpy as np
import pytest

from avdf.augment import AUGMENTS
from avdf.augment.time_shift import Drawn
from avdf.errors import ConfigError


def test_a_shift_by_2_moves_the_last_two_samples_to_the_front():
    shift = AUGMENTS.build({"name": "time_shift"}, "model.augment.time_shift")
    rolled = shift.apply(np.array([1, 2, 3, 4, 5], np.float32), Drawn(num_samples=2), 16000)
    assert rolled.tolist() == [4, 5, 1, 2, 3]


def test_shifts_lie_between_minus_and_plus_the_share():
    shift = AUGMENTS.build({"name": "time_shift", "max_share": 0.1}, "model.augment.time_shift")
    rng = np.random.default_rng(0)
    drawn = [shift.draw(rng, 50, 16000).num_samples for _ in range(500)]
    assert sorted(set(drawn)) == list(range(-5, 6))


def test_a_share_above_one_half_is_refused_as_it_wraps_around():
    with pytest.raises(ConfigError, match=r"max_share must be above 0 and at most 0\.5, got 0\.8"):
        AUGMENTS.build({"name": "time_shift", "max_share": 0.8}, "model.augment.time_shift")
