"""Networks of trained fakers: sizes, gradients, and a step that lowers the loss."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avdf.config.loading import load_settings
from avdf.errors import ConfigError
from avdf.fakers.neural.config import FakerConfig, FakerTrainConfig, NetworkConfig
from avdf.fakers.neural.losses import MelDistance, SpectralDistance
from avdf.fakers.neural.network import FakerNetwork
from avdf.fakers.neural.training import FakerTraining

CONFIGS = sorted((Path(__file__).parents[3] / "configs" / "fakers").glob("*.yaml"))
SMALL = NetworkConfig(
    width=4, code_size=16, block_width=32, num_blocks=2, num_codebooks=2, min_codebooks=2, codebook_size=16
)
KINDS = {
    "codec_transposed": replace(SMALL, decoder="transposed"),
    "codec_nearest": replace(SMALL, decoder="nearest"),
    "codec_istft": replace(SMALL, decoder="istft", strides=[4, 8, 8]),
    "vocoder_istft": replace(SMALL, encoder="mel", decoder="istft", num_codebooks=0, min_codebooks=1),
    "vocoder_nearest": replace(SMALL, encoder="mel", decoder="nearest", num_codebooks=0, min_codebooks=1),
}


def training_of(network: NetworkConfig, speech: np.ndarray, **settings: object) -> FakerTraining:
    train = FakerTrainConfig(**{"batch_size": 2, "quantised_from": 0, **settings})
    samples = np.rint(speech * 32767).astype(np.int16)
    return FakerTraining(FakerConfig(name="small", network=network, train=train), [samples])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configs_have_networks_of_about_one_to_three_million_parameters(path):
    config = load_settings(FakerConfig, path)
    assert config.name == path.stem
    network = FakerNetwork(config.network, config.data.sample_rate_hz)
    assert 0.8e6 < sum(value.numel() for value in network.parameters()) < 3e6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_samples", [4000, 5001])
def test_a_network_gives_as_many_samples_as_it_gets(kind, num_samples):
    network = FakerNetwork(KINDS[kind], 16000).eval()
    made, commitment = network(torch.randn(2, num_samples), KINDS[kind].num_codebooks)
    assert made.shape == (2, num_samples)
    assert made.isfinite().all()
    assert (commitment > 0) == ("codec" in kind)


@pytest.mark.parametrize("kind", KINDS)
def test_one_step_lowers_the_loss_of_its_batch(kind, speech):
    training = training_of(KINDS[kind], speech, learning_rate=2e-4, quantised_from=100)
    batch = training.batch(0)
    assert batch.shape == (2, 16000)
    np.testing.assert_allclose(batch.std(dim=1), 0.1, rtol=0.01)
    before = training.take_step(batch)
    assert training.take_step(batch).total < before.total


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_every_parameter_through_the_quantiser(kind, speech):
    training = training_of(KINDS[kind], speech)
    training.take_step(training.batch(0))
    training.take_step(training.batch(1))
    assert [name for name, value in training.network.named_parameters() if not value.grad.any()] == []


@pytest.mark.parametrize("kind", ["spectrum", "period"])
def test_a_discriminator_learns_and_its_gradients_reach_the_network(kind, speech):
    training = training_of(KINDS["vocoder_istft"], speech, discriminator=kind, adversarial_from=1)
    batch = training.batch(0)
    first, *others = [training.take_step(batch) for _ in range(3)]
    assert first.judged == 0
    assert others[-1].judged < others[0].judged
    assert all(value.grad.isfinite().all() for value in training.network.parameters())
    assert all(value.grad.any() for value in training.judge.network.parameters())


def test_a_state_continues_to_the_same_weights(speech, tmp_path):
    network = KINDS["codec_istft"]
    straight = training_of(network, speech, discriminator="period", adversarial_from=0)
    broken = training_of(network, speech, discriminator="period", adversarial_from=0)
    broken.take_step(broken.batch(0))
    broken.save(tmp_path / "state.pt")
    resumed = training_of(network, speech, discriminator="period", adversarial_from=0)
    resumed.restore(tmp_path / "state.pt")
    assert resumed.step == 1
    for step in range(2):
        straight.take_step(straight.batch(step))
    resumed.take_step(resumed.batch(1))
    for name, value in straight.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


class Late(torch.nn.Module):
    """What it gives is 10 ms late at 16 kHz."""

    def forward(self, waveform: torch.Tensor, num_codebooks: int) -> tuple[torch.Tensor, torch.Tensor]:
        return waveform.roll(160, dims=1), waveform.new_zeros(())


def test_the_lag_of_reconstructions_is_measured_after_the_training(speech):
    training = training_of(SMALL, speech)
    training.network = Late()
    assert training.lag_ms() == pytest.approx(10, abs=1)  # the end wraps around


def test_distances_are_zero_for_equal_sounds_and_grow_with_noise(speech):
    sound = torch.from_numpy(speech[None, :16000])
    noise = torch.randn(sound.shape, generator=torch.Generator().manual_seed(0))
    for distance in (SpectralDistance(), MelDistance(16000)):
        near, far = (distance(sound + share * noise, sound) for share in (0.001, 0.1))
        assert distance(sound, sound) == 0
        assert 0 < near < far


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strides": [2, 17]}, "network.strides must be 1 to 6 numbers from 2 to 16"),
        ({"strides": [16, 16, 16]}, "network.strides must have a product from 32 to 2048, got 4096"),
        ({"min_codebooks": 9}, "network.min_codebooks must be from 1 to 4, got 9"),
        ({"decoder": "nearst"}, "network.decoder"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_dotted_key(tmp_path, settings, message):
    words = ", ".join(f"{key}: {value}" for key, value in settings.items())
    (tmp_path / "faker.yaml").write_text(f"network: {{{words}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(FakerConfig, tmp_path / "faker.yaml")
    assert str(caught.value).startswith(message)
