"""What another corpus shares with a training, of that which the detector reads."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from making.media import write_mp4

from avdf.config.loading import yaml_text
from avdf.experiment.overlap import Overlap, overlap_with_training
from avdf.experiment.settings import load_experiment
from avdf.files import write_csv
from avdf.run_folder import RunFolder

CONFIGS = Path(__file__).parents[2] / "configs"


def films(root: Path, *people: str, audio: bool) -> Path:
    """A real film of each person, in FakeAVCeleb's layout."""
    for person in people:
        folder = root / "RealVideo-RealAudio" / "African" / "men" / person
        folder.mkdir(parents=True)
        write_mp4(folder / "00001.mp4", seconds=1.0, audio=audio)
    return root


def overlap(place: Path, config: str, *, audio: bool) -> Overlap:
    """Of a training on the first and second person, with a corpus of the second and third."""
    own = films(place / "own", "id00001", "id00002", audio=audio)
    other = films(place / "other", "id00002", "id00003", audio=audio)
    settings = load_experiment(CONFIGS / config, [f"data.root={own}", f"data.cache={place / 'cache'}"])
    run = RunFolder(place / "run")
    run.path.mkdir()
    run.config_yaml.write_text(yaml_text(settings))
    names = [str(path.relative_to(own)) for path in sorted(own.rglob("*.mp4"))]
    write_csv(run.split_csv, pd.DataFrame({"clip": names, "split": "train"}))
    scored = [str(path.relative_to(other)) for path in sorted(other.rglob("*.mp4"))]
    found = overlap_with_training(run, replace(settings.data, root=str(other)), scored)
    assert found is not None
    return found


def test_a_face_of_the_training_is_found_in_films_without_sound(tmp_path: Path):
    found = overlap(tmp_path, "video_cnn.yaml", audio=False)
    assert (found.recordings, found.voices) == ({}, ())
    assert found.faces == ("voxceleb/id00002",)  # FakeAVCeleb's people are VoxCeleb's
    assert found.certificate["num_shared_faces"] == 1
    assert found.certificate["leaks"]
    assert found.sentences[0].startswith(
        "SHARED WITH TRAINING: of this corpus, 0 recordings and 1 person are in"
    )


@pytest.mark.parametrize(
    ("config", "num_voices", "num_faces"), [("audio_cnn.yaml", 1, 0), ("video_cnn.yaml", 0, 1)]
)
def test_voices_are_compared_for_ears_and_faces_for_eyes(
    tmp_path: Path, config: str, num_voices: int, num_faces: int
):
    """All films have one sound, which says nothing to a detector that only looks."""
    found = overlap(tmp_path, config, audio=True)
    assert (len(found.voices), len(found.faces)) == (num_voices, num_faces)
    assert bool(found.recordings) == bool(num_voices)
