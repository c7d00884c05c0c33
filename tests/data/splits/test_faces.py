"""The split rule face: whole faces, for detectors that look and do not hear."""

import pytest
from making.clip_tables import people

from avdf.config.schema import Config, DataConfig, ModelConfig, SplitConfig
from avdf.data.splits.certificate import verdict
from avdf.data.splits.rules import split_clips


def test_a_face_with_two_voices_stays_in_one_split_of_the_rule_face_and_is_counted_in_others() -> None:
    clips = people(40)
    lent = clips["type"] == "C"  # everybody's face, with the voice of the next person
    voices = sorted(set(clips["voice"]))
    after = dict(zip(voices, [*voices[1:], voices[0]], strict=True))
    clips.loc[lent, "voice"] = clips["voice"][lent].map(after)
    clips.loc[lent, "track"] = ""
    by_face, by_voice = (
        split_clips(clips, SplitConfig(name=name), 0).certificate for name in ("face", "voice")
    )
    assert not by_face["leaks"]
    assert verdict(by_face) == "split 'face': no two of train, validation and test share a face"
    assert [pair["num_shared_faces"] for pair in by_face["pairs"].values()] == [0, 0, 0]
    assert by_voice["pairs"]["train-test"]["num_shared_faces"] > 0
    assert not by_voice["leaks"]


def test_the_rule_face_is_refused_for_a_detector_that_hears() -> None:
    data = DataConfig(split=SplitConfig(name="face"))
    Config(data=data, model=ModelConfig(encoders={"video": {"name": "video_cnn"}}))
    with pytest.raises(
        ValueError, match=r"data\.split\.name: face shares voices, which model\.encoders\.audio"
    ):
        Config(data=data, model=ModelConfig(encoders={"audio": {"name": "audio_cnn"}}))
