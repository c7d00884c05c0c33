"""The model card says what the run's own files say, in a form the hub reads, and nothing of the machine."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from making.runs import CONFIG, read_json

from avdf.config.loading import yaml_text
from avdf.config.stress_json import DIGEST
from avdf.errors import UserError
from avdf.experiment.settings import load_experiment
from avdf.run_folder import RunFolder
from avdf.sharing.card import model_card, plain


@pytest.fixture(scope="module")
def card(run: RunFolder) -> str:
    return model_card(run, "cc-by-4.0")


def front_matter(card: str) -> dict:
    _, head, _ = card.split("---\n", 2)
    return yaml.safe_load(head)


def row(card: str, first_cell: str) -> list[str]:
    (line,) = [line for line in card.splitlines() if line.startswith(f"| {first_cell}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def copied(run: RunFolder, out: Path) -> RunFolder:
    shutil.copytree(run.path, out)
    return RunFolder(out)


def test_a_finished_run_has_its_card_beside_the_weights(run: RunFolder):
    assert (run.detector / "README.md").read_text("utf-8") == model_card(run)


def test_the_front_matter_has_the_test_metrics_of_metrics_json(card: str, run: RunFolder):
    head = front_matter(card)
    assert (head["license"], head["library_name"], head["pipeline_tag"]) == (
        *("cc-by-4.0", "avdf", "audio-classification"),
    )
    (result,) = head["model-index"][0]["results"]
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    test = read_json(run.metrics_json)["splits"]["test"]
    assert values["roc_auc"] == pytest.approx(test["auc"], abs=5e-5)
    assert values["false_positive_rate"] == pytest.approx(test["fpr"], abs=5e-5)


def test_the_hub_s_own_reader_accepts_the_front_matter(card: str):
    from huggingface_hub import ModelCard

    data = ModelCard(card).data
    assert data.license == "cc-by-4.0"
    assert {result.metric_type for result in data.eval_results} >= {"roc_auc", "equal_error_rate"}


def test_auc_and_both_error_rates_stand_with_their_intervals_beside_what_was_not_measured(
    card: str, run: RunFolder
):
    test = read_json(run.metrics_json)["splits"]["test"]
    _, auc, fpr, fnr = row(card, "test split")
    low, high = test["ci"]["auc"]
    assert auc == f"{test['auc']:.3f} ({low:.3f} to {high:.3f})"
    assert fpr.startswith(f"{100 * test['fpr']:.1f}")
    assert " to " in fpr
    assert " to " in fnr
    assert row(card, "worst channel")[1] == "not measured (avdf stress)"
    assert row(card, "attacks never trained on")[1] == "not measured (avdf train --each-attack-out)"


def test_the_worst_channel_and_the_other_corpora_stand_in_the_same_table(run: RunFolder, tmp_path: Path):
    measured = copied(run, tmp_path / "run")
    rates = {"auc": 0.61, "fpr": 0.9, "fnr": 0.2}
    words = dict.fromkeys(rates, "through a telephone band")
    digest = {"sentences": [], "clean": rates, "worst": rates, "mean": rates, "num_channels": 2}
    digest |= {"worst_condition": dict.fromkeys(rates, "telephone_band"), "worst_words": words}
    digest |= {"num_clips": 8, "num_identities": 4}
    measured.stress.mkdir()
    measured.stress_json.write_text(json.dumps({DIGEST: digest}))
    other = measured.elsewhere / "in_the_wild"
    other.mkdir(parents=True)
    metrics = {"splits": {"test": {**rates, "ci": {"auc": [0.5, 0.7]}, "num_clips": 9, "num_identities": 3}}}
    (other / "metrics.json").write_text(json.dumps(metrics))
    card = model_card(measured)
    assert row(card, "worst channel")[1:] == [
        f"{value} through a telephone band" for value in ("0.610", "0.900", "0.200")
    ]
    assert row(card, "another corpus, in_the_wild, 9 clips of 3 people")[1] == "0.610 (0.500 to 0.700)"


def test_the_mean_over_attacks_left_out_in_turn_is_a_row(run: RunFolder, tmp_path: Path):
    measured = copied(run, tmp_path / "run")
    measured.unseen_attacks.mkdir()
    means = {"unseen": {"num_attacks": 3, "auc": 0.62, "fnr": 0.5}}
    measured.unseen_attacks_json.write_text(json.dumps({"means": means}))
    assert row(model_card(measured), "attacks never trained on, mean of 3")[1:] == [
        *("0.620", "–", "50.0\u00a0%"),
    ]


def test_the_certificate_of_the_split_is_quoted_and_a_leak_is_said(run: RunFolder, tmp_path: Path):
    card = model_card(run)
    parts = read_json(run.certificate_json)["parts"]
    assert f"train {parts['train']['num_clips']} clips of {parts['train']['num_voices']} people" in card
    assert "Certified: train and test share 0 clips, 0 voices, 0 tracks" in card
    leaking = copied(run, tmp_path / "run")
    content = read_json(leaking.certificate_json) | {"leaks": True}
    leaking.certificate_json.write_text(json.dumps(content))
    assert "**The split leaks**" in model_card(leaking)


def test_every_warning_and_verdict_of_the_report_is_in_the_card(card: str, run: RunFolder):
    audit = read_json(run.audit_json)
    assert audit["warnings"]
    for text in [*audit["warnings"], *(verdict["text"] for verdict in audit["verdicts"])]:
        assert plain(text) in card


def test_properties_of_files_that_were_taken_without_copies_are_named(run: RunFolder, tmp_path: Path):
    with_copies = copied(run, tmp_path / "run")
    audit = read_json(run.audit_json)
    audit["shortcuts"] = [
        {"feature": "audio_codec", "auc": 0.7, "without_copies": True},
        {"feature": "loudness_db", "auc": 0.8},
        {"feature": "sample_rate_hz", "auc": 0.5, "without_copies": True},
    ]
    with_copies.audit_json.write_text(json.dumps(audit))
    assert "real test clips. Copies of real clips are left out of properties of the file" in model_card(
        with_copies
    )
    assert "the same kind of file: audio_codec, sample_rate_hz." in model_card(with_copies)
    assert "are left out of properties" not in model_card(run)


def test_the_card_names_no_folder_of_the_machine_and_no_person(card: str, run: RunFolder):
    assert "a folder of the lab" not in card
    assert str(run.path.parent) not in card
    assert re.search(r"id\d{5}", card) is None
    people = set(pd.read_csv(run.scores_csv)["identity"].astype(str))
    assert not any(person in card for person in people)


def test_a_file_of_weights_is_named_without_its_folder(run: RunFolder, tmp_path: Path):
    other = copied(run, tmp_path / "run")
    config = yaml.safe_load(other.config_yaml.read_text("utf-8"))
    config["model"]["encoders"]["audio"]["weights"] = "/lab/of/someone/weights.safetensors"
    other.config_yaml.write_text(yaml.safe_dump(config), "utf-8")
    card = model_card(other)
    assert "weights: weights.safetensors" in card
    assert "someone" not in card


def test_text_from_data_cannot_make_html_or_another_table():
    assert plain("<img src=x onerror=alert(1)> | `a`\n# b") == (r"&lt;img src=x onerror=alert(1)> \| 'a' # b")


def test_a_run_without_a_detector_or_an_audit_is_refused(run: RunFolder, tmp_path: Path):
    bare = copied(run, tmp_path / "run")
    bare.audit_json.unlink()
    with pytest.raises(UserError, match="not finished"):
        model_card(bare)
    with pytest.raises(UserError, match="holds no detector"):
        model_card(RunFolder(tmp_path))


@pytest.mark.parametrize(
    ("config", "reads"),
    [
        ("audio_cnn", "It reads the sound alone."),
        ("video_cnn", "It reads the picture alone, 2 frames of 112 x 112 pixels of every 2 s."),
        ("av_cnn", "every 2 s; a file that lacks one of them is called by the other."),
        ("av_alignment", "every 3 s; a file that lacks one of them gets no call."),
    ],
)
def test_the_card_says_what_the_detector_reads_and_which_files_it_calls(
    run: RunFolder, tmp_path: Path, config: str, reads: str
):
    out = copied(run, tmp_path / "run")
    out.config_yaml.write_text(
        yaml_text(load_experiment(CONFIG.with_stem(config), ["data.split.name=voice"]))
    )
    assert reads in model_card(out)
