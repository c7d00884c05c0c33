"""The list of conditions, the names that a setting may hold, and what training has had."""

from pathlib import Path

import pytest

from avdf.channels import modality_of
from avdf.config.loading import load_config
from avdf.errors import ConfigError
from avdf.experiment.settings import load_experiment
from avdf.stress.conditions import CONDITIONS, VIDEO_CONDITIONS, conditions_named
from avdf.stress.seen import channels_heard, is_seen

TOP = Path(__file__).parents[2]
CNN = TOP / "configs" / "audio_cnn.yaml"
NAMES = [condition.name for condition in CONDITIONS]


def seen(augment: dict, *copies: str) -> set[str]:
    """The conditions that a training with these augmentations and copies, defaults filled in, has had."""
    words = [f"model.augment.{name}={settings}" for name, settings in augment.items()]
    config = load_experiment(CNN, [*words, f"data.channel_copies.channels=[{', '.join(copies)}]"])
    heard = channels_heard(config.model.augment, config.data.channel_copies.channels)
    return {condition.name for condition in CONDITIONS if is_seen(condition, heard)} - {"clean"}


def test_there_are_29_channels_after_clean_and_each_can_be_built():
    assert NAMES[0] == "clean"
    assert len(NAMES) == len(set(NAMES)) == 30
    assert [condition.build() is None for condition in CONDITIONS] == [True] + 29 * [False]


def test_a_condition_changes_what_the_plugin_of_its_channel_does():
    for condition in (*CONDITIONS, *VIDEO_CONDITIONS):
        expected = modality_of(condition.channel["name"], condition.name) if condition.channel else None
        assert condition.modality == expected, condition.name


def test_the_page_lists_every_condition():
    page = (TOP / "docs" / "stress.md").read_text("utf-8")
    assert [name for name in NAMES if f"`{name}`" not in page] == []


@pytest.mark.parametrize("names", [["a_law", "opus"], ["none", "a_law"], ["default", "a_law"]])
def test_an_unknown_name_is_answered_with_the_list(names: list[str]):
    with pytest.raises(ConfigError, match=r"^--conditions: no condition .*\(have: clean, gain_minus_15_db"):
        conditions_named(names, "--conditions")


def test_default_is_all_and_none_is_none():
    assert conditions_named(["default"], "key") == list(CONDITIONS)
    assert conditions_named(["none"], "key") == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[a_law, a_lw]", "evaluation.stress: no condition 'a_lw', did you mean 'a_law'"),
        ("some", "evaluation.stress: no condition 'some'"),
        ("7", "evaluation.stress must be default, none or a list of conditions, got 7"),
        ("[7]", r"evaluation.stress must be default, none or a list of conditions, got \[7\]"),
        ("null", "evaluation.stress: needs a value, got null"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_work(value: str, message: str):
    with pytest.raises(ConfigError, match=f"^{message}"):
        load_experiment(CNN, [f"evaluation.stress={value}"])


def test_a_setting_is_one_word_or_a_list_and_is_default_where_it_is_left_out():
    for word, names in (("none", ["none"]), ("[a_law, g722]", ["a_law", "g722"])):
        assert load_config(CNN, [f"evaluation.stress={word}"]).evaluation.stress_names == names
    assert load_config(CNN).evaluation.stress_names == ["default"]


def test_a_training_without_augmentations_has_had_no_channel():
    assert seen({}) == set()
    assert seen({"noise": "null", "codec": "{probability: 0}", "spec_mask": "{}"}) == set()


NOISES = {f"{colour}_noise_{snr_db}_db" for colour in ("white", "pink") for snr_db in (20, 10)}


def test_noise_of_other_levels_is_noise_that_training_has_had():
    assert seen({"noise": "{min_snr_db: 15, max_snr_db: 18}"}) == NOISES
    assert seen({}, "{name: noise, snr_db: {min: 25, max: 40}}") == NOISES


def test_of_codecs_each_is_had_by_itself_in_any_settings():
    assert seen({"codec": "{}"}) == {
        *("opus_16_kbit", "opus_32_kbit", "mp3_32_kbit", "mp3_64_kbit", "aac_32_kbit"),
    }
    assert seen({"codec": "{codecs: [opus, a_law], min_kbit_per_s: 24}"}) == {
        *("opus_16_kbit", "opus_32_kbit", "a_law", "mu_law"),  # both of G.711
    }
    assert seen({}, "{name: codec, codec: {of: [g722, amr_nb]}}") == {"g722", "amr_nb"}


def test_a_channel_that_training_names_is_had_alone_and_in_a_chain():
    lost = "{name: channel, channel: {name: packet_loss, share: 0.2}}"
    assert seen({"line": lost}) == {"packet_loss_5"}
    rooms = {"room_rt60_300_ms", "room_rt60_800_ms"}
    chain = "{name: reverb, rt60_s: 0.5, then: {name: codec, codec: g726}}"
    assert seen({}, chain) == {*rooms, "g726"}
    assert seen({"line": lost, "noise": "{}"}, chain) == {*rooms, "g726", "packet_loss_5", *NOISES}
