"""The mean of the weights of the last epochs: its weights, the statistics of batch norm, when it is kept."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from making.trainings import new_detector, same_weights, trained
from torch import nn

from avdf.config.training import TrainConfig
from avdf.data.dataset import LabelledClips
from avdf.training.averaging import WeightSum, measuring_statistics
from avdf.training.loop import FitResult

LAST_TWO = TrainConfig(epochs=3, batch_size=8, learning_rate=0.01, average_last=2, checkpoint="last")


def weights_of_epochs(dataset: LabelledClips, config: TrainConfig) -> tuple[list[dict], nn.Module, FitResult]:
    """The weights when each epoch was validated, the detector that is kept, and the result."""
    seen = []

    def validate(detector: nn.Module) -> dict[str, float]:
        seen.append({name: value.detach().clone() for name, value in detector.named_parameters()})
        return {"f2_at_prevalence": 0.5, "auc": 0.5}

    detector, result = trained(dataset, config, validate=validate)
    return seen, detector, result


def test_the_mean_of_the_last_two_of_three_epochs_is_kept(dataset: LabelledClips):
    seen, detector, result = weights_of_epochs(dataset, LAST_TWO)
    assert len(seen) == 4
    for name, value in detector.named_parameters():
        expected = (seen[1][name].double() + seen[2][name].double()) / 2
        np.testing.assert_allclose(value.detach(), expected, rtol=1e-6)
        assert torch.equal(value, seen[3][name])
    assert (result.best_epoch, [row["epoch"] for row in result.rows]) == (3, [1, 2, 3, 4])
    assert math.isnan(result.rows[3]["loss"])


def test_the_epochs_are_those_of_a_training_without_averaging(dataset: LabelledClips):
    without = TrainConfig(epochs=3, batch_size=8, learning_rate=0.01)
    ones, others = (weights_of_epochs(dataset, config)[0] for config in (LAST_TWO, without))
    assert all(torch.equal(ones[epoch][name], others[epoch][name]) for epoch in range(3) for name in ones[0])


@pytest.mark.parametrize(("auc", "best"), [(0.9, 3), (0.7, 1)])
def test_it_is_kept_if_validation_ranks_it_above_every_epoch(dataset: LabelledClips, auc: float, best: int):
    aucs = iter([0.6, 0.8, 0.7, auc])
    config = TrainConfig(epochs=3, batch_size=48, average_last=3)
    _, result = trained(
        dataset, config, validate=lambda detector: {"f2_at_prevalence": 0.5, "auc": next(aucs)}
    )
    assert result.best_epoch == best


def test_the_statistics_are_those_of_the_averaged_weights(dataset: LabelledClips):
    """An encoder with batch norm: its running mean is the mean of the inputs that its own weights give."""
    detector, _ = trained(dataset, LAST_TWO)
    assert "encoders.audio.blocks.2.running_mean" in detector.state_dict()
    again = new_detector()
    again.load_state_dict(detector.state_dict())
    samples = [dataset.sample(index, 0)["waveform"] for index in range(len(dataset))]
    features = again.extract({"waveform": torch.from_numpy(np.stack(samples))})["audio"]
    blocks = again.encoders["audio"].blocks
    means = blocks[:2](features.unsqueeze(1)).mean(dim=(0, 2, 3))
    torch.testing.assert_close(blocks[2].running_mean, means, rtol=0.1, atol=0.05)


def test_measuring_takes_the_plain_mean_over_the_passes():
    network = nn.BatchNorm1d(1)
    network.running_mean.fill_(99)
    batches = [torch.randn(10, 1) + shift for shift in (0, 1, 5)]
    with measuring_statistics(network) as has_any:
        assert has_any
        for batch in batches:
            network(batch)
    expected = torch.stack([batch.mean(dim=0) for batch in batches]).mean(dim=0)
    torch.testing.assert_close(network.running_mean, expected)
    assert network.momentum == 0.1
    with measuring_statistics(nn.Linear(1, 1)) as has_any:
        assert not has_any


def test_a_training_that_was_interrupted_averages_the_same_epochs(dataset: LabelledClips, tmp_path: Path):
    def stop_after_2(epoch: int, metrics: dict[str, float]) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(dataset, LAST_TWO, checkpoints=tmp_path, on_epoch=stop_after_2)
    assert same_weights(trained(dataset, LAST_TWO, checkpoints=tmp_path)[0], trained(dataset, LAST_TWO)[0])


def test_a_sum_of_none_holds_nothing():
    detector, total = new_detector(), WeightSum()
    total.add(detector)
    total.add(detector)
    before = {name: value.clone() for name, value in detector.named_parameters()}
    total.load_mean_into(detector)
    assert all(torch.equal(value, before[name]) for name, value in detector.named_parameters())
