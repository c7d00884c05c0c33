"""Every shipped config can be read, and every one that names no stub can be built without a network."""

from dataclasses import replace
from pathlib import Path

import pytest

from avdf.config.loading import load_config
from avdf.detector import build_detector, resolve_model
from avdf.encoders import ENCODERS
from avdf.errors import ConfigError

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_shipped_config_builds_or_names_a_stub(path: Path):
    config = load_config(path)
    model = resolve_model(config.model)
    encoders = {
        modality: {**settings, "weights": "none"} if "weights" in settings else settings
        for modality, settings in model.encoders.items()
    }
    model = replace(model, encoders=encoders)
    if any(ENCODERS.get(settings["name"]).is_stub for settings in encoders.values()):
        with pytest.raises(ConfigError, match="is a stub"):
            build_detector(model, config.data.sample_rate_hz)
    else:
        assert build_detector(model, config.data.sample_rate_hz).encoders.keys() == encoders.keys()


def test_every_encoder_has_a_config():
    named = {settings["name"] for path in CONFIGS for settings in load_config(path).model.encoders.values()}
    assert named >= set(ENCODERS.names())


def test_the_main_config_needs_no_network():
    main = load_config(next(path for path in CONFIGS if path.name == "audio_effnet.yaml"))
    assert main.model.encoders["audio"]["weights"] == "none"
