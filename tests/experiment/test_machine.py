"""Settings of the machine that a run works with."""

import pytest
import torch

from avdf.experiment.machine import cpu_threads


@pytest.mark.parametrize(("number", "within"), [(1, 1), (2, 2), (None, 3)])
def test_a_run_has_its_number_of_threads_and_gives_back_those_before(number: int | None, within: int):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with cpu_threads(number):
            assert torch.get_num_threads() == within
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_the_threads_are_given_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), cpu_threads(before + 1):
        raise RuntimeError
    assert torch.get_num_threads() == before
