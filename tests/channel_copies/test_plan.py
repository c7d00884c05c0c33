"""What is drawn for copies: within ranges, the same for a clip and its fakes; wrong settings are refused."""

from collections import Counter

import numpy as np
import pytest

from avdf.channel_copies.drawing import drawn_chain, resolve_channels
from avdf.channel_copies.plan import planned
from avdf.config.channel_copies import ChannelCopiesConfig
from avdf.errors import ConfigError

NOISE = {"name": "noise", "snr_db": {"min": 10, "max": 40}}
CODECS = {"name": "codec", "codec": {"of": ["a_law", "g722"]}}


def resolved(*channels: dict) -> list[dict]:
    return resolve_channels(list(channels), "data.channel_copies.channels")


def config(*channels: dict, **settings: object) -> ChannelCopiesConfig:
    return ChannelCopiesConfig(channels=resolved(*channels), **settings)


def draws(channel: dict, num: int = 200) -> list[dict]:
    """What the first channel of the chain is, that many times."""
    known, rng = resolved(channel)[0], np.random.default_rng(0)
    return [drawn_chain(known, rng)[0] for _ in range(num)]


def test_a_range_is_drawn_evenly_between_its_ends_and_other_settings_are_fixed():
    snr_db = [drawn["snr_db"] for drawn in draws(NOISE)]
    assert 10 <= min(snr_db) < 12 < 38 < max(snr_db) <= 40
    assert np.mean(snr_db) == pytest.approx(25, abs=2)
    assert {drawn["fall_db_per_octave"] for drawn in draws(NOISE)} == {0.0}  # the default of the channel


def test_whole_numbers_are_drawn_where_a_setting_is_one_and_words_from_their_list():
    rates = Counter(
        draw["rate_hz"] for draw in draws({"name": "resample", "rate_hz": {"min": 7998, "max": 8000}})
    )
    assert set(rates) == {7998, 7999, 8000}
    assert set(Counter(drawn["codec"] for drawn in draws(CODECS))) == {"a_law", "g722"}
    shares = {draw["share"] for draw in draws({"name": "packet_loss", "share": {"min": 0, "max": 0.5}})}
    assert len(shares) == 200


def test_channels_that_are_resolved_are_resolved_to_themselves():
    channels = resolved(NOISE, {"name": "resample", "rate_hz": {"min": 8000, "max": 9000}, "then": CODECS})
    assert resolved(*channels) == channels


def test_a_chain_is_one_channel_after_the_other():
    chain = drawn_chain(resolved({"name": "reverb", "then": CODECS})[0], np.random.default_rng(0))
    assert [link["name"] for link in chain] == ["reverb", "codec"]
    assert chain[0]["rt60_s"] == 0.3


def test_each_channel_is_drawn_once_per_clip_then_again_with_other_draws():
    copies = planned("a.wav", "a.wav", config(NOISE, CODECS, per_clip=4))
    names = [copy.channels[0]["name"] for copy in copies.values()]
    assert sorted(names[:2]) == sorted(names[2:]) == ["codec", "noise"]
    assert list(copies) == ["0/a.wav", "1/a.wav", "2/a.wav", "3/a.wav"]
    noises = [copy.channels[0]["snr_db"] for copy in copies.values() if copy.channels[0]["name"] == "noise"]
    assert noises[0] != noises[1]
    settings = config(NOISE, CODECS)
    first = [planned(f"{number}.wav", f"{number}.wav", settings) for number in range(100)]
    begins = Counter(
        copies["0/" + f"{number}.wav"].channels[0]["name"] for number, copies in enumerate(first)
    )
    assert 30 < begins["noise"] < 70  # the order is drawn per clip


def test_a_fake_has_the_channels_settings_and_noise_of_its_parent():
    settings = config(NOISE, CODECS, per_clip=3)
    real, fake = planned("real.wav", "real.wav", settings), planned("fake.wav", "real.wav", settings)
    for number in range(3):
        ours, theirs = real[f"{number}/real.wav"], fake[f"{number}/fake.wav"]
        assert (ours.channels, ours.seed) == (theirs.channels, theirs.seed)
        assert ours.generator().random() == theirs.generator().random()
    other = planned("other.wav", "other.wav", settings)
    assert [copy.channels for copy in other.values()] != [copy.channels for copy in real.values()]


def test_a_stamp_changes_with_the_samples_the_settings_and_the_seed():
    def stamp(sample_hash: str, **settings: object) -> str:
        return planned("a", "a", config(NOISE, **settings))["0/a"].stamp(sample_hash)

    assert stamp("x") == stamp("x") == stamp("x", share=0.9)
    assert len({stamp("x"), stamp("y"), stamp("x", seed=1)}) == 3


@pytest.mark.parametrize(
    ("channel", "message"),
    [
        ({"name": "nois"}, r"\.name: no channel 'nois', did you mean 'noise'"),
        ({"name": "noise", "snr": 3}, r"\.snr: no such key, did you mean 'snr_db'"),
        ({"name": "noise", "snr_db": {"min": 10, "max": 400}}, r"\.snr_db must be from -20 to 100, got 400"),
        (
            {"name": "noise", "snr_db": {"min": 9, "max": 4}},
            r"\.snr_db: must be a value, {min: A, max: B} or",
        ),
        ({"name": "noise", "snr_db": {"from": 9}}, r"\.snr_db: must be a value, {min: A, max: B} or"),
        ({"name": "codec", "codec": {"of": ["opus", "ogg"]}}, r"\.codec"),
        ({"name": "gain", "then": {"name": "nois"}}, r"\.then\.name: no channel 'nois'"),
        ({"name": "gain", "then": "noise"}, r"\.then: must be a channel, as in then: {name: codec}"),
    ],
)
def test_a_wrong_channel_is_refused_by_its_place_in_the_list(channel: dict, message: str):
    with pytest.raises(ConfigError, match=rf"^data\.channel_copies\.channels\[1\]{message}"):
        resolved(NOISE, channel)
