"""`avdf audit scores.txt --protocol FILE --corpus NAME`: lists of ASVspoof, without a header, and scores."""

import json
from pathlib import Path

import numpy as np
import pytest
from making.calls import called

from avdf.errors import ConfigError, TableError, UserError
from avdf.experiment.protocol import read_protocol

NAME = "ASVspoof5.eval.track_1.tsv"


def made_protocol(folder: Path, num_speakers: int = 40) -> Path:
    """Two bona fide clips and one of each of two attacks per speaker, in the ten columns of ASVspoof 5."""
    lines = []
    for number in range(num_speakers):
        for place, attack in enumerate(("bonafide", "bonafide", "A17", "A18")):
            key = "bonafide" if attack == "bonafide" else "spoof"
            tag = "-" if key == "bonafide" else "AC1"
            codec = ("-", "C05")[place % 2]
            clip, gender = f"E_{4 * number + place:010d}", "FM"[number % 2]
            lines.append(f"E_{number:04d} {clip} {gender} {codec} 0 - {tag} {attack} {key} -")
    path = folder / NAME
    path.write_text("\n".join(lines) + "\n")
    return path


def made_scores(folder: Path, num_clips: int = 160) -> Path:
    """Log-likelihood ratios for bona fide; the attack A18 is as high as bona fide clips."""
    ratio = np.random.default_rng(0).normal(np.tile([2.0, 2.0, -2.0, 2.0], 40), 1.0)
    path = folder / "scores.txt"
    path.write_text("".join(f"E_{number:010d} {ratio[number]:.5f}\n" for number in range(num_clips)))
    return path


def test_scores_without_labels_are_audited_with_the_list_of_their_corpus(tmp_path):
    words = ("--protocol", made_protocol(tmp_path), "--corpus", "asvspoof5", "--higher-is", "bonafide")
    out = tmp_path / "out"
    done = called("audit", made_scores(tmp_path, 150), *words, "--threshold", "0", "--out", out)
    assert (done.status, done.stderr) == (0, "")
    content = json.loads((out / "audit.json").read_text("utf-8"))
    assert content["coverage"][0]["num_clips"] == 160
    assert content["coverage"][0]["num_scored"] == 150
    assert content["overall"]["num_identities"] == 38  # 150 clips of 4 per speaker
    assert {row["group"] for row in content["groups"]} == {"men", "women"}
    assert 0.4 < content["overall"]["fnr"] < 0.55  # all of A18


def test_a_list_gives_labels_speakers_attacks_groups_and_codecs(tmp_path):
    protocol = read_protocol(made_protocol(tmp_path), "asvspoof5")
    assert protocol.warnings == ()
    row = protocol.clips.set_index("clip").loc["E_0000000006"]
    expected = {"is_fake": 1, "audio_attack": "A17", "identity": "E_0001", "gender": "men", "codec": ""}
    assert {name: row[name] for name in expected} == expected
    assert protocol.clips["is_fake"].sum() == 80


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("bonafide -", "genuinish -"), r"line 1: unknown label, key is 'genuinish'"),
        (("E_0000 ", ""), r"has 9 columns, not 10"),
        (("E_0000000001", "E_0000000002"), r"line 3: E_0000000002 is listed twice with different labels"),
    ],
)
def test_a_list_of_another_form_is_refused_with_the_line(tmp_path, change, message):
    path = made_protocol(tmp_path)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(TableError, match=message):
        read_protocol(path, "asvspoof5")


def test_mistakes_of_the_two_options_are_answered(tmp_path):
    path = made_protocol(tmp_path)
    with pytest.raises(UserError, match=r"fakeavceleb: is not read from lists \(these are: .*asvspoof5"):
        read_protocol(path, "fakeavceleb")
    with pytest.raises(ConfigError, match=r"--corpus: no corpus 'asvspof5', did you mean 'asvspoof5'"):
        read_protocol(path, "asvspof5")
    with pytest.raises(TableError, match="no such file"):
        read_protocol(tmp_path / "missing.tsv", "asvspoof5")
    done = called("audit", made_scores(tmp_path), "--protocol", path)
    assert (done.status, "--protocol FILE and --corpus NAME go together" in done.stderr) == (2, True)
