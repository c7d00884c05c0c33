"""Settings: YAML and overrides in, a typed tree or a message with the dotted key out."""

import re
from pathlib import Path

import pytest

from avdf.config.loading import ConfigError, dotted, load_config, yaml_text

AUDIO_CNN = Path(__file__).parents[2] / "configs" / "audio_cnn.yaml"


@pytest.fixture
def yaml_path(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("model: {encoders: {audio: {name: audio_cnn}}}\ntrain: {epochs: 7}\n")
    return path


def test_an_override_wins_over_the_yaml_and_the_yaml_over_the_default(yaml_path: Path):
    config = load_config(yaml_path, ["train.epochs=9"])
    assert (load_config(yaml_path).train.epochs, config.train.epochs, config.train.batch_size) == (7, 9, 32)


def test_the_resolved_config_reads_back_to_the_same_tree(yaml_path: Path, tmp_path: Path):
    config = load_config(yaml_path, ["data.split.folds=5", "data.split.fold=4", "train.learning_rate=1"])
    (tmp_path / "b.yaml").write_text(yaml_text(config))
    assert load_config(tmp_path / "b.yaml") == config
    assert config.train.learning_rate == 1.0


def test_a_setting_of_a_default_plugin_can_be_changed_without_naming_it(yaml_path: Path):
    config = load_config(yaml_path, ["model.fusion.dropout=0", "model.features.audio.num_mels=32"])
    assert config.model.fusion == {"name": "concat", "dropout": 0}
    assert config.model.features == {"audio": {"name": "log_mel", "num_mels": 32}}


def test_a_model_that_is_no_tree_is_named(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("model: 3\n")
    with pytest.raises(ConfigError, match="model"):
        load_config(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epoch=3", "train.epoch: no such key, did you mean 'epochs'"),
        ("data.split.nam=x", "data.split.nam: no such key, did you mean 'name'"),
        ("train.epochs=x", "train.epochs: .*'x'"),
        ("train.epochs=0", "train.epochs must be >= 1, got 0"),
        ("seed=-1", "^seed must be >= 0, got -1"),
        ("train.epochs=2.5", "train.epochs: .*2.5"),
        ("data.target=sound", "data.target: .*'sound'.*audio"),
        ("data.split=voice", "data.split: must hold key: value pairs"),
        ("data.split.name=leave_group_out", "data.split.group, as in group: {race: African}"),
        ("data.split.folds=2", "data.split.folds must be >= 3"),
        ("data.split.validation=0.9", "data.split.validation and test leave nothing"),
        ("evaluation.prevalence=1", "evaluation.prevalence must be between 0 and 1"),
        ("evaluation.threshold.name=missed_fakes", "evaluation.threshold.at_most, as in at_most: 0.05"),
        ("model.encoders={}", "model.encoders: name at least one"),
        ("model.encoders.smell={name: nose}", "model.encoders.smell: unknown modality"),
        ("train.epochs", "train.epochs: an override is key=value"),
        ("train.save_every_minutes=0", "train.save_every_minutes must be > 0, got 0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_dotted_key(yaml_path: Path, override: str, message: str):
    with pytest.raises(ConfigError, match=message):
        load_config(
            yaml_path, [*(["model.encoders=null"] if override == "model.encoders={}" else []), override]
        )


def test_patience_with_the_last_epoch_is_a_contradiction(yaml_path: Path):
    with pytest.raises(ConfigError, match=r"train\.patience waits for a better epoch"):
        load_config(yaml_path, ["train.patience=3", "train.checkpoint=last"])


def test_settings_can_be_told_by_their_dotted_names():
    nested = {"seed": 0, "train": {"epochs": 5}, "evaluation": {"groups": ["race"], "threshold": {}}}
    assert dotted(nested) == {"seed": 0, "train.epochs": 5, "evaluation.groups": ["race"]}


def test_a_config_that_is_not_there_is_answered_with_the_nearest(yaml_path: Path):
    with pytest.raises(ConfigError, match=r"no such file, did you mean 'a\.yaml'"):
        load_config(yaml_path.with_name("b.yaml"))


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path):
    (tmp_path / "bad.yaml").write_text("a: [1,\n b")
    with pytest.raises(ConfigError, match=r"bad\.yaml: can't be read as YAML"):
        load_config(tmp_path / "bad.yaml")


def test_a_yaml_list_is_no_config(tmp_path: Path):
    (tmp_path / "list.yaml").write_text("- 1\n- 2\n")
    with pytest.raises(ConfigError, match="key: value pairs"):
        load_config(tmp_path / "list.yaml")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("train.average_last=1", "train.average_last must be >= 2, got 1"),
        ("train.average_last=61", "train.average_last: 61 of 60 epochs can't be averaged"),
        ("train.sam_rho=0", "train.sam_rho must be above 0 and at most 10, got 0"),
        ("train.loss=oc_softmax", "train.loss: oc_softmax goes with model.fusion: {name: one_class}"),
        ("evaluation.whole=median", "evaluation.whole"),
        ("train.pairs.copies_per_clip=65", "train.pairs.copies_per_clip must be from 0 to 64, got 65"),
    ],
)
def test_settings_of_a_training_that_cannot_be_honoured_are_refused_by_their_key(word: str, message: str):
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(AUDIO_CNN, [word])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train.average_last=2", "train.patience=3"], "train.average_last: patience may stop before"),
        (["train.sam_rho=0.05", "train.precision=fp16"], "train.sam_rho takes two passes per step"),
        (["train.sam_rho=0.05", "train.loss=group_dro"], "train.sam_rho takes two passes per step"),
        (
            ["train.pairs.copies_per_clip=16"],
            "train.pairs.copies_per_clip: a clip and 16 copies of it do not",
        ),
        (
            ["train.loss=supcon", "train.batch_size=3"],
            "train.loss: supcon needs batch_size of 4 or more, got 3",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(words: list[str], message: str):
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(AUDIO_CNN, words)
