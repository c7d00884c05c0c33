"""Training a faker: it hears the real training clips alone, continues where it stopped, and is certified."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from making.tiny import make_tiny
from safetensors.torch import load_file

from avdf.commands.dispatch import call
from avdf.config.loading import load_settings
from avdf.config.schema import SplitConfig
from avdf.derived.table import read_fakes
from avdf.errors import ConfigError, UserError
from avdf.experiment import trained_fakers
from avdf.experiment.trained_fakers import load_faker_config, train_faker
from avdf.fakers.neural.config import FakerConfig
from avdf.fakers.neural.training import FakerTraining
from avdf.files import read_json

YAML = """\
name: small_codec
network: {width: 2, code_size: 8, codebook_size: 8, num_codebooks: 2, strides: [8, 16]}
train: {steps: 4, batch_size: 2, seconds: 0.25, quantised_from: 1}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> FakerConfig:
    folder = tmp_path_factory.mktemp("trained_fakers")
    (folder / "small.yaml").write_text(YAML)
    root = make_tiny(folder / "FakeAVCeleb_v1.2", num_people=2)
    words = [f"data.root={root}", f"data.cache={folder / 'cache'}", "data.decode_workers=1"]
    return load_settings(FakerConfig, folder / "small.yaml", words)


@pytest.fixture(scope="module")
def trained(config: FakerConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "small_codec"
    train_faker(config, out)
    return out


def test_it_hears_the_real_clips_of_the_training_split_and_no_other_voice(trained):
    heard = pd.read_csv(trained / "heard.csv")
    split = pd.read_csv(trained / "split.csv").set_index("clip")["split"]
    assert set(split[heard["clip"]]) == {"train"}
    assert heard["clip"].str.startswith("RealVideo-RealAudio").all()
    others = {clip.split("/")[-2] for clip in split.index[split != "train"]}
    assert not set(heard["voice"]) & others
    assert len(others) >= 2
    certificate = read_json(trained / "certificate.json")
    assert not certificate["leaks"]
    assert certificate["heard"]["num_voices"] == heard["voice"].nunique() == 8 - len(others)
    assert certificate["heard"]["num_voices_in_validation_or_test"] == 0
    facts = read_json(trained / "faker.json")
    assert facts["hashes"]["split"] == certificate["split_hash"]


def test_a_split_that_shares_voices_is_refused(config, tmp_path):
    leaking = replace(config, data=replace(config.data, split=SplitConfig(name="clip")))
    with pytest.raises(ConfigError, match=r"voices of the training split are in validation or test too"):
        train_faker(leaking, tmp_path / "leaking")
    assert not (tmp_path / "leaking" / "faker.json").exists()


def test_an_interrupted_training_continues_to_the_same_weights(config, trained, tmp_path, monkeypatch):
    steps = 0

    def interrupted(training: FakerTraining, original: torch.Tensor):
        nonlocal steps
        steps += 1
        if steps == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return take_step(training, original)

    take_step = FakerTraining.take_step
    monkeypatch.setattr(FakerTraining, "take_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_faker(config, tmp_path)
    assert (tmp_path / trained_fakers.STATE_NAME).is_file()
    assert not (tmp_path / "faker.json").exists()
    train_faker(config, tmp_path)
    assert steps == 4
    assert not (tmp_path / trained_fakers.STATE_NAME).exists()
    first, second = (load_file(folder / "faker.safetensors") for folder in (trained, tmp_path))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_folder_and_one_of_other_settings_are_refused(config, trained, tmp_path):
    with pytest.raises(UserError, match="holds a trained faker"):
        train_faker(config, trained)
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(UserError, match="a training with other settings was begun in it"):
        train_faker(config, tmp_path)


def test_a_folder_is_not_taken_by_a_training_that_cannot_begin(config, tmp_path):
    """The same command with the name put right was refused: other settings were begun in the folder."""
    nowhere = replace(config, data=replace(config.data, root=str(tmp_path / "nosuch")))
    with pytest.raises(ConfigError, match=r"data\.root: no folder"):
        train_faker(nowhere, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_data_and_the_split_of_a_run_are_used(config, trained, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text(
        f"data: {{root: {config.data.root}, cache: {config.data.cache}, sample_rate_hz: 16000}}\n"
        "model: {encoders: {audio: {name: audio_cnn}}}\n"
    )
    split = pd.read_csv(trained / "split.csv")
    moved = split.assign(split=split["split"].replace({"validation": "test"}))
    moved.to_csv(tmp_path / "run" / "split.csv", index=False)
    (tmp_path / "small.yaml").write_text(YAML)
    of_run = load_faker_config(tmp_path / "small.yaml", ["train.steps=2"], tmp_path / "run")
    train_faker(of_run, tmp_path / "out")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out" / "split.csv"), moved)


def test_the_commands_train_a_faker_and_make_fakes_with_it(config, tmp_path, capsys):
    (tmp_path / "small.yaml").write_text(YAML)
    data = [f"data.root={config.data.root}", f"data.cache={config.data.cache}"]
    words = [str(tmp_path / "small.yaml"), *data, "--out", str(tmp_path / "codec")]
    assert call("train_faker", words, "avdf train_faker") is None
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "codec")
    words = [config.data.root, "--fakers", "lpc", str(tmp_path / "codec"), "--out", str(tmp_path / "fakes")]
    words += ["--cache", config.data.cache, "--workers", "1"]
    assert call("make_fakes", words, "avdf make_fakes") == 0
    derived = read_fakes(tmp_path / "fakes")
    assert derived.index.clips.groupby("kind")["audio_attack"].unique().map(list).to_dict() == {
        "codec": ["small_codec"],
        "signal": ["lpc"],
    }
    heard = pd.read_csv(tmp_path / "codec" / "heard.csv")
    assert derived.heard == {"small_codec": frozenset(heard["voice"])}
    assert str(tmp_path) not in (tmp_path / "fakes" / "fakes.json").read_text()
