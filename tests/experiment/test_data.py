"""The probes of an experiment's data."""

from dataclasses import replace

import pytest

from avdf.config.schema import Config, DataConfig, ModelConfig, SplitConfig
from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.experiment.data import load_data


@pytest.fixture(scope="module")
def flawed(tmp_path_factory: pytest.TempPathFactory) -> DataConfig:
    """20 people whose fakes begin with 25 to 30 ms of silence; half of them are the test split."""
    place = tmp_path_factory.mktemp("flawed")
    settings = DemoSettings(shortcut="leading_silence", num_identities=20, num_recordings=1)
    root = make_demo(place / "demo", settings)
    split = SplitConfig(name="voice", validation=0.2, test=0.5)
    return DataConfig(root=str(root), cache=str(place / "cache"), split=split, seconds=1.0)


def leading_silence_auc(config: DataConfig) -> float:
    model = ModelConfig(encoders={"audio": {"name": "audio_cnn"}})
    probes = load_data(Config(data=config, model=model)).probes
    aucs = {row["feature"]: row["auc"] for row in probes}
    return float(aucs["leading_silence_ms"])


def test_the_planted_silence_tells_fake_from_real_until_the_start_is_skipped(flawed: DataConfig):
    assert leading_silence_auc(flawed) > 0.95
    assert leading_silence_auc(replace(flawed, skip_start_s=0.15)) < 0.7
