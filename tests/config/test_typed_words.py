"""Settings keep what was typed: text unchanged, paths expanded, numbers finite, no references."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from avdf.config.loading import load_config, typed, yaml_text
from avdf.config.schema import PATH
from avdf.errors import ConfigError

WORDS = ["set #2", "12:30", "007", "1e3", "on", "no", "my set: final", "0x10", "1_000", "2026-01-01", "1.50"]
WORDS += ["[1", "{a", "'quoted'", "-1", "&a", "*a", "!x", "%", "@", "true", "64", "~x/y", "a  ", "a=b", "???"]


@pytest.fixture
def config_path(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("model: {encoders: {audio: {name: audio_cnn}}}\n")
    return path


@pytest.mark.parametrize("word", WORDS)
def test_a_text_setting_is_the_word_that_was_typed_and_survives_a_round_trip(config_path: Path, word: str):
    config = load_config(config_path, [f"data.root={word}", f"run.dir={word}"])
    assert (config.data.root, config.run.dir) == (word, word)
    config_path.write_text(yaml_text(config))
    assert load_config(config_path) == config


@pytest.mark.parametrize("word", ["12:30", "007", "1e3", "on", "no", "0x10", "2026-01-01"])
def test_a_plain_word_in_a_file_is_text_where_the_setting_is(config_path: Path, word: str):
    config_path.write_text(
        f"{config_path.read_text()}data: {{root: {word}}}\nevaluation: {{groups: [{word}]}}\n"
    )
    config = load_config(config_path)
    assert (config.data.root, config.evaluation.groups) == (word, [word])


def test_precision_no_is_a_precision(config_path: Path):
    assert load_config(config_path, ["train.precision=no"]).train.precision == "no"


def test_lists_and_mappings_of_text_keep_their_words(config_path: Path):
    overrides = ["evaluation.groups=[on, 007, 'a, b']", "data.split.name=leave_group_out"]
    config = load_config(config_path, [*overrides, "data.split.group={race: no}"])
    assert config.evaluation.groups == ["on", "007", "a, b"]
    assert config.data.split.group == {"race": "no"}


@dataclass(frozen=True)
class Plugin:
    """A plugin's config: its types are known only when the plugin is loaded."""

    weights: str = "imagenet"
    folder: str = field(default="", metadata={PATH: True})
    dropout: float = 0.0
    is_deep: bool = False
    channels: list[int] = field(default_factory=list)


def test_the_words_of_a_plugin_are_converted_by_its_own_types(config_path: Path, monkeypatch):
    monkeypatch.setenv("SOMEWHERE", "/data")
    words = {
        "weights": "1e3",
        "folder": "$SOMEWHERE/x",
        "dropout": "1e-1",
        "is_deep": "on",
        "channels": "[8, 16]",
    }
    overrides = [f"model.encoders.audio.{key}={word}" for key, word in words.items()]
    settings = load_config(config_path, overrides).model.encoders["audio"]
    plugin = typed(Plugin, {key: settings[key] for key in words}, "model.encoders.audio")
    assert plugin == Plugin(weights="1e3", folder="/data/x", dropout=0.1, is_deep=True, channels=[8, 16])


def test_home_and_variables_are_expanded_in_every_path(config_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("RUNS", "/runs")
    overrides = ["data.root=~/FakeAVCeleb_v1.2", "data.cache=~/cache", "run.dir=${RUNS}/a"]
    overrides += ["data.split.name=file", "data.split.path=$RUNS/split.csv"]
    config = load_config(config_path, overrides)
    assert (config.data.root, config.data.cache) == ("/home/ada/FakeAVCeleb_v1.2", "/home/ada/cache")
    assert (config.run.dir, config.data.split.path) == ("/runs/a", "/runs/split.csv")


def test_an_empty_path_is_refused(config_path: Path):
    for key in ("data.root", "data.cache", "run.dir"):
        with pytest.raises(ConfigError, match=f"{key}: '' cannot be a path"):
            load_config(config_path, [f"{key}="])
    config_path.write_text(config_path.read_text() + 'run: {dir: "a\\0b"}\n')
    with pytest.raises(ConfigError, match=r"run\.dir: 'a.x00b' cannot be a path"):
        load_config(config_path)


def test_a_variable_that_is_not_set_is_named(config_path: Path, monkeypatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(ConfigError, match=r"data\.root: .*variable NOWHERE is not set"):
        load_config(config_path, ["data.root=$NOWHERE/x"])


@pytest.mark.parametrize("word", ["nan", "inf", "-inf", ".nan", ".inf", "1e999"])
def test_a_number_must_be_finite(config_path: Path, word: str):
    for key in ("train.learning_rate", "data.seconds", "evaluation.threshold.max_fpr"):
        with pytest.raises(ConfigError, match=key):
            load_config(config_path, [f"{key}={word}"])
    with pytest.raises(ConfigError, match=r"x\.dropout: must be a finite number|x\.dropout: Value"):
        typed(Plugin, {"dropout": word}, "x")


def test_a_number_in_any_notation_is_read_where_the_setting_is_a_number(config_path: Path):
    config = load_config(config_path, ["train.learning_rate=3e-4", "seed=007", "train.compile=yes"])
    assert (config.train.learning_rate, config.seed, config.train.compile) == (0.0003, 7, True)


@pytest.mark.parametrize("word", ["${oc.env:HOME}", "${seed}", "???", "${"])
def test_references_are_not_resolved(config_path: Path, word: str):
    config_path.write_text(f"{config_path.read_text()}data: {{target: '{word}'}}\n")
    with pytest.raises(ConfigError, match=r"data\.target: references are not resolved"):
        load_config(config_path)
    for key in ("train.epochs", "evaluation.beta"):
        config_path.write_text("model: {encoders: {audio: {name: audio_cnn}}}\n")
        with pytest.raises(ConfigError, match=f"{key}: references are not resolved"):
            load_config(config_path, [f"{key}={word}"])


def test_an_override_of_a_single_value_as_a_group_is_refused(config_path: Path):
    with pytest.raises(ConfigError, match=r"^train\.epochs: "):
        load_config(config_path, ["train.epochs.x=3"])
    with pytest.raises(ConfigError, match=r"^data: must hold key: value pairs, got 3"):
        load_config(config_path, ["data=3"])


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("evaluation.groups=race", r"evaluation\.groups: must be a list, as in \[race\], got 'race'"),
        ("evaluation.groups=race,gender", r"must be a list, as in \[race,gender\], got 'race,gender'"),
        ("run.trackers=tensorboard", r"run\.trackers: must be a list, as in \[tensorboard\]"),
        ("model.fusion=concat", r"model\.fusion: must hold key: value pairs, as in \{name: concat\}"),
        (
            "model.encoders.audio=audio_cnn",
            r"model\.encoders\.audio: must hold key: value pairs, as in \{name: audio_cnn\}",
        ),
        ("train.epochs=", r"train\.epochs: needs a value, got null"),
        ("data.cache=null", r"data\.cache: needs a value, got null \(a path called null is \./null\)"),
        ("seed=99999999999999999999", r"seed must be below 2\^63, got 99999999999999999999"),
    ],
)
def test_a_value_of_the_wrong_kind_is_answered_with_how_to_write_it(config_path, override, says):
    with pytest.raises(ConfigError, match=says):
        load_config(config_path, [override])
