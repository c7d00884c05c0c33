"""Plugins are found by file name or entry point and imported when needed; a wrong name is answered."""

import subprocess
import sys
from pathlib import Path

import pytest

from avdf.encoders import ENCODERS
from avdf.errors import ConfigError


def test_a_wrong_name_is_answered_with_the_nearest_and_the_list():
    with pytest.raises(ConfigError) as caught:
        ENCODERS.get("audio_efnet", key="model.encoders.audio")
    message = str(caught.value)
    assert message.startswith(
        "model.encoders.audio.name: no encoder 'audio_efnet', did you mean 'audio_effnet'?"
    )
    assert "audio_mfcc_linear, audio_strided, video_cnn, video_frames_effnet, video_r3d" in message


def test_listing_the_names_imports_no_plugin():
    program = (
        "import sys; from avdf.encoders import ENCODERS; ENCODERS.names();"
        "print([name for name in sys.modules if name.startswith('avdf.encoders.')], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


def test_a_setting_that_a_plugin_lacks_is_named_with_its_dotted_key():
    with pytest.raises(
        ConfigError, match=r"model\.encoders\.audio\.dropot: no such key, did you mean 'dropout'"
    ):
        ENCODERS.build({"name": "audio_cnn", "dropot": 0.1}, "model.encoders.audio")


def test_a_plugin_refuses_a_bad_value_with_its_dotted_key():
    with pytest.raises(
        ConfigError, match=r"model\.encoders\.audio\.dropout must be a share from 0 to below 1, got 2"
    ):
        ENCODERS.build({"name": "audio_cnn", "dropout": 2.0}, "model.encoders.audio")


def test_settings_without_a_name_are_answered_with_the_list():
    with pytest.raises(
        ConfigError, match=r"model\.encoders\.audio\.name: name one encoder \(have: audio_cnn"
    ):
        ENCODERS.resolve({"dropout": 0.1}, "model.encoders.audio")


def test_a_stub_is_listed_and_refuses_to_be_built_with_the_page_that_helps():
    assert ENCODERS.get("video_r3d").is_stub
    with pytest.raises(ConfigError, match=r"docs/adding_an_encoder\.md"):
        ENCODERS.build({"name": "video_r3d"}, "model.encoders.video")
    assert Path(__file__).parents[1].joinpath("docs/adding_an_encoder.md").is_file()


def test_every_encoder_says_its_modality_and_only_video_r3d_is_a_stub():
    encoders = {name: ENCODERS.get(name) for name in ENCODERS.names()}
    for name, encoder in encoders.items():
        assert encoder.is_stub == (name == "video_r3d")
        assert name.startswith(f"{encoder.plugin_class.modality}_")
        assert encoder.plugin_class.__doc__ or encoder.plugin_class.forward.__doc__


def test_an_entry_point_of_another_package_adds_an_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "earpiece.py").write_text(
        '"""A plugin of another package."""\n'
        "from dataclasses import dataclass\n"
        "from torch import nn\n"
        "from avdf.encoders import ENCODERS\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class EarConfig:\n"
        "    dim: int = 3\n"
        "@ENCODERS.register('audio_ear', EarConfig)\n"
        "class Ear(nn.Module):\n"
        "    modality = 'audio'\n"
        "    def __init__(self, config):\n"
        "        super().__init__()\n"
        "        self.dim = config.dim\n"
    )
    facts = tmp_path / "earpiece-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: earpiece\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[avdf.encoders]\naudio_ear = earpiece\n")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert "audio_ear" in ENCODERS.names()
        assert ENCODERS.build({"name": "audio_ear", "dim": 5}, "model.encoders.audio").dim == 5
    finally:
        ENCODERS._registered.pop("audio_ear", None)
