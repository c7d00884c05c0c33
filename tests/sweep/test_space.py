"""A search space: its meaning, the draws of a trial, and what is refused."""

import math
from pathlib import Path

import numpy as np
import optuna
import pytest
from making.sweeps import space_of

from avdf.augment import AUGMENTS
from avdf.config.loading import load_config
from avdf.errors import ConfigError
from avdf.experiment.settings import resolve
from avdf.sweep.space import Drawn, Space, draw, read_space
from avdf.sweep.trial_config import check_space, with_augment, with_choices, with_float_ranges

TOP = Path(__file__).parents[2]
CNN = TOP / "configs" / "audio_cnn.yaml"


def draws(space: Space, num: int) -> list[tuple[Drawn, dict[str, object]]]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return [(draw(space, trial), trial.params) for trial in (study.ask() for _ in range(num))]


def test_draws_stay_in_their_ranges_and_reach_both_ends(tmp_path: Path):
    drawn = [item for item, _ in draws(space_of(tmp_path), 400)]
    rates = np.array([item.values["train.learning_rate"] for item in drawn])
    assert 0.001 <= rates.min() < 0.0012
    assert 0.09 < rates.max() <= 0.1
    assert np.mean(rates < 0.01) == pytest.approx(0.5, abs=0.07)  # log: 0.001 to 0.01 to 0.1
    assert {item.values["train.batch_size"] for item in drawn} == {8, 16}
    assert {tuple(item.values["model.encoders.audio.channels"]) for item in drawn} == {(8, 8), (16, 32)}
    masks = [item.augment["spec_mask"] for item in drawn if item.augment["spec_mask"]]
    assert {mask["num_time_masks"] for mask in masks} == {0, 1, 2, 3}
    assert {mask["probability"] for mask in masks} == {0.5}
    assert 150 < len(masks) < 250  # on in about half of the trials


def test_the_parameters_of_an_augmentation_are_drawn_only_if_it_is_on(tmp_path: Path):
    for drawn, params in draws(space_of(tmp_path), 30):
        has_own = any(key.startswith("model.augment.spec_mask.") for key in params)
        assert (
            has_own == (params["model.augment.spec_mask"] == "on") == (drawn.augment["spec_mask"] is not None)
        )


def test_drawn_settings_replace_those_of_the_config():
    config = resolve(load_config(CNN, ["model.augment.noise={}", "model.augment.spec_mask.max_share=0.3"]))
    drawn = Drawn(
        values={"train.batch_size": 8, "model.encoders.audio.channels": [8, 8], "data.seconds": 2.0},
        augment={"gain": {"max_db": 3.0}, "spec_mask": {"num_time_masks": 1}, "speed": None},
    )
    combined = with_choices(config, drawn)
    assert (combined.train.batch_size, combined.data.seconds) == (8, 2.0)
    assert combined.model.encoders["audio"]["channels"] == [8, 8]
    assert list(combined.model.augment) == ["noise", "spec_mask", "gain"]  # the config's come first
    assert combined.model.augment["spec_mask"]["max_share"] == 0.3  # not in the space
    assert combined.model.augment["spec_mask"]["num_time_masks"] == 1
    assert combined.train.epochs == config.train.epochs
    switched_off = with_choices(config, Drawn(values={}, augment={"noise": None}))
    assert list(switched_off.model.augment) == ["spec_mask"]


def test_with_augment_keeps_exactly_the_named_augmentations():
    config = resolve(load_config(CNN, ["model.augment.noise={}", "model.augment.gain={}"]))
    only = with_augment(config, {"gain": config.model.augment["gain"], "noise": None})
    assert list(only.model.augment) == ["gain"]
    assert with_augment(config, {}).model.augment == {}


@pytest.mark.parametrize(("space", "config"), [("masks", "audio_cnn"), ("everything", "audio_effnet")])
def test_the_shipped_spaces_fit_their_configs(space: str, config: str):
    shipped = read_space(TOP / "configs" / "spaces" / f"{space}.yaml")
    check_space(resolve(load_config(TOP / "configs" / f"{config}.yaml")), shipped)
    if space == "everything":
        of_sound = {
            name for name in AUGMENTS.names() if AUGMENTS.get(name, "").plugin_class.stage != "frames"
        }
        assert set(shipped.augment) == of_sound


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parameters: {train.epoch: {low: 1, high: 2}}", r"train\.epoch: no such key, did you mean 'epochs'"),
        (
            "parameters: {train.learning_rate: {low: -1, high: 1}}",
            r"train\.learning_rate must be > 0, got -1",
        ),
        ("parameters: {train.loss: {choices: [bce, bcf]}}", r"train\.loss: Invalid value 'bcf'"),
        (
            "parameters: {model.encoders.audio.droput: {low: 0.1, high: 0.2}}",
            r"model\.encoders\.audio\.droput: no such key, did you mean 'dropout'",
        ),
        (
            "parameters: {model.encoder.audio.dropout: {low: 0, high: 1}}",
            r"model\.encoder\.audio\.dropout: no such key",
        ),
        ("augment: {spec_msk: }", r"model\.augment\.spec_msk\.name: .*did you mean 'spec_mask'"),
        (
            "augment: {gain: {min_db: {low: -90.0, high: 0.0}}}",
            r"model\.augment\.gain\.min_db must be from -60",
        ),
        (
            "augment: {codec: {codecs: {choices: [[aac], [flac]]}}}",
            r"model\.augment\.codec\.codecs: Invalid value 'flac'",
        ),
        (  # low beside low and high beside high would do
            "augment: {gain: {min_db: {low: -9.0, high: 3.0}, max_db: {low: 0.0, high: 6.0}}}",
            r"model\.augment\.gain\.min_db must be <= max_db, got 3\.0 and 0\.0",
        ),
        (
            "parameters: {model.encoders.audio.norm: {choices: [batch, group]}, "
            "model.encoders.audio.channels: {choices: [[8], [9], [16]]}}",
            r"model\.encoders\.audio\.channels must be multiples of 8 where norm is group",
        ),
    ],
)
def test_a_space_that_does_not_fit_the_config_is_refused_before_any_training(
    tmp_path: Path, text: str, message: str
):
    with pytest.raises(ConfigError, match=message):
        check_space(resolve(load_config(CNN)), space_of(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a space holds `parameters` or `augment`"),
        ("[1, 2]", "a space holds `parameters` or `augment`"),
        ("params: {train.epochs: {low: 1, high: 2}}", "params: no such key, did you mean 'parameters'"),
        ("parameters: {seed: {low: 0, high: 9}}", "seed: can't be tuned, as trials with other values"),
        ("parameters: {data.split.name: {choices: [clip]}}", r"data\.split\.name: can't be tuned"),
        ("parameters: {evaluation.prevalence: {low: 0.1, high: 0.9}}", "can't be tuned"),
        ("parameters: {train.precision: {choices: ['no', bf16]}}", "can't be tuned"),
        ("parameters: {train.checkpoint: {choices: [f2, auc]}}", "can't be tuned"),
        ("parameters: {model.augment: {choices: [{}, {gain: {}}]}}", "list augmentations under `augment`"),
        (
            "parameters: {model.augment.gain.min_db: {low: -9, high: 0}}",
            "list augmentations under `augment`",
        ),
        ("parameters: {train.epochs: 3}", r"must be \{low, high\} or \{choices\}"),
        ("parameters: {train.epochs: {low: 3}}", r"a range is \{low, high\}"),
        ("parameters: {train.epochs: {low: 3, high: 9, step: 2}}", r"a range is \{low, high\}"),
        ("parameters: {train.epochs: {low: 9, high: 3}}", "low must be below high"),
        ("parameters: {train.epochs: {low: 3, high: many}}", "low must be below high"),
        ("parameters: {train.learning_rate: {low: 0, high: 1, log: true}}", "above 0 with log: true"),
        (
            "parameters: {train.learning_rate: {low: 0.1, high: .inf}}",
            "both finite",
        ),
        (
            "parameters: {train.learning_rate: {low: .nan, high: 1}}",
            "both finite",
        ),
        (
            "augment: {gain: {min_db: {low: -.inf, high: 0}}}",
            r"gain\.min_db: .*both finite",
        ),
        ("parameters: {train.epochs: {choices: []}}", "choices must list different values"),
        ("parameters: {train.epochs: {choices: [3, 3]}}", "choices must list different values"),
        ("augment: [gain]", "augment: must hold key: value pairs"),
        ("augment: {gain: on}", r"augment\.gain: must hold key: value pairs"),
        ("{", "can't be read as YAML"),
        ("augment: {gain: {min_db: '${oc.env:HOME}'}}", r"augment\.gain\.min_db: .*is a reference"),
        (
            "parameters: {train.loss: {choices: ['${oc.env:HOME}', bce]}}",
            "is a reference, which is not",
        ),
        (
            "parameters: {train.loss: {choices: [!!binary aGk=]}}",
            "the tag .*binary is not supported",
        ),
        ("parameters: {train.loss: {choices: [nan, 1]}}", r"train\.loss\.choices: numbers must be finite"),
        (
            f"parameters: {{train.epochs: {{low: 1, high: {10**400}}}}}",
            r"epochs\.high: whole numbers must be within 2\^53",
        ),
        ("parameters: {train.loss: {choices: " + "[" * 99 + "]" * 99 + "}}", "nested deeper than 32 levels"),
    ],
)
def test_an_invalid_space_is_refused_with_file_and_key(tmp_path: Path, text: str, message: str):
    with pytest.raises(ConfigError, match=message) as refused:
        space_of(tmp_path, text)
    assert str(refused.value).startswith(str(tmp_path / "space.yaml"))


def test_a_missing_space_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"no such file, did you mean 'masks\.yaml'"):
        read_space(TOP / "configs" / "spaces" / "mask.yaml")


def test_the_middle_of_a_range_is_whole_for_whole_numbers_and_geometric_for_log(tmp_path: Path):
    space = space_of(tmp_path)
    masks = space.augment["spec_mask"]
    assert space.parameters["train.learning_rate"].middle() == pytest.approx(math.sqrt(0.001 * 0.1))
    assert masks["num_time_masks"].middle() == 2
    assert masks["max_share"].middle() == pytest.approx(0.15)
    assert masks["probability"].middle() == 0.5


def test_a_setting_that_is_a_float_is_drawn_as_one_from_whole_ends(tmp_path: Path):
    text = """
    parameters: {train.weight_decay: {low: 0, high: 1}, train.epochs: {low: 1, high: 3}}
    augment: {spec_mask: {probability: {low: 0, high: 1}, num_time_masks: {low: 0, high: 1}}}
    """
    space = with_float_ranges(resolve(load_config(CNN)), space_of(tmp_path, text))
    drawn = [item for item, _ in draws(space, 20)]
    assert len({item.values["train.weight_decay"] for item in drawn}) == 20
    assert {item.values["train.epochs"] for item in drawn} == {1, 2, 3}
    masks = [item.augment["spec_mask"] for item in drawn if item.augment["spec_mask"]]
    assert len({mask["probability"] for mask in masks}) == len(masks) > 2
    assert {mask["num_time_masks"] for mask in masks} == {0, 1}


def test_the_ends_of_a_range_may_be_written_with_an_exponent(tmp_path: Path):
    space = space_of(tmp_path, "parameters: {train.learning_rate: {low: 1e-4, high: 1e-2, log: true}}")
    assert space.parameters["train.learning_rate"].ends() == [0.0001, 0.01]
