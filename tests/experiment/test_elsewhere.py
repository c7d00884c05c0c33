"""A detector on other corpora: the frozen threshold, what is shared with the training, one page of all."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.calls import called
from making.imitation import sounds, text
from making.runs import read_json
from omegaconf import OmegaConf
from sklearn.metrics import roc_auc_score

from avdf.audit.options import AuditOptions
from avdf.audit.request import audit_one
from avdf.config.loading import typed
from avdf.config.schema import DataConfig
from avdf.errors import ConfigError, UserError
from avdf.evaluation.attacks import SeenAttacks
from avdf.experiment.attacks_elsewhere import attacks_seen_elsewhere
from avdf.experiment.elsewhere import Elsewhere, evaluate_elsewhere
from avdf.experiment.stress import StressRequest, stress_on_request
from avdf.run_folder import RunFolder


@pytest.fixture(scope="module")
def trained(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run, into which these tests may write."""
    return Path(shutil.copytree(run, tmp_path_factory.mktemp("elsewhere") / "run"))


@pytest.fixture(scope="module")
def mine(run: Path, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people with two real and two fake clips each; the first clip is one of the training."""
    root = tmp_path_factory.mktemp("mine")
    split = pd.read_csv(run / "split.csv")
    clip = split.loc[split["split"] == "train", "clip"].iloc[0]
    rows = []
    for person in range(6):
        for number in range(4):
            sounds(root, f"{person}/{number}.wav")
            part = "train" if person < 2 else "test"
            rows.append(f"{person}/{number}.wav,{'real' if number < 2 else 'fake'},p{person},{part}")
    shutil.copy(demo / clip, root / "0/0.wav")
    text(root, "mine.csv", "path,label,who,part", *rows)
    return root


def corpus(root: Path, **more: object) -> DataConfig:
    columns = {"speaker": "who", "split": "part", **more}
    return typed(DataConfig, {"corpus": "table", "root": str(root), "table": columns}, "data")


def test_another_corpus_is_scored_at_the_frozen_threshold_and_audited(trained: Path, mine: Path):
    judged = evaluate_elsewhere(trained, Elsewhere(data=corpus(mine)))
    assert judged.path == trained / "elsewhere" / "table"
    scores, metrics = pd.read_csv(judged.scores_csv), judged.metrics()
    assert metrics["threshold"] == read_json(trained / "metrics.json")["threshold"]
    real = scores[scores["is_fake"] == 0]
    assert (len(scores), len(real), set(scores["split"])) == (24, 12, {"test"})
    accused = float(np.mean(real["score"] >= metrics["threshold"]["value"]))
    assert metrics["splits"]["test"]["fpr"] == pytest.approx(accused)
    audit = read_json(judged.audit_json)
    assert audit["overall"]["num_identities"] == 6
    assert audit["provenance"]["data"] == f"table: {mine}"
    assert any(line.startswith("NO GROUPS") for line in audit["warnings"])


def test_a_recording_of_the_training_is_found_named_and_certified(trained: Path, mine: Path):
    judged = RunFolder(trained / "elsewhere" / "table")
    certificate = judged.certificate()
    assert certificate["leaks"]
    (pair,) = certificate["shared_recordings"].values()
    assert pair[1] == "elsewhere/0/0.wav"
    assert pair[0].startswith("demo/") or pair[0].startswith("fakeavceleb/")
    assert judged.warnings()[0].startswith(
        "SHARED WITH TRAINING: of this corpus, 1 recording and 0 people are in"
    )
    assert not any("split LEAKS" in line for line in judged.warnings())  # another corpus has no split here


def test_the_page_has_both_in_one_table_and_says_what_is_left(trained: Path):
    run = RunFolder(trained)
    content = read_json(run.domains_json)
    assert [domain["name"] for domain in content["domains"]] == ["in domain", "table"]
    own, other = (domain["metrics"]["auc"]["value"] for domain in content["domains"])
    assert own == read_json(run.metrics_json)["splits"]["test"]["auc"]
    (verdict,) = content["verdicts"]
    assert f"AUC {other:.3f} (" in verdict["text"]
    assert "of what is above chance is left" in verdict["text"]
    assert "SHARED WITH TRAINING" in run.domains_html.read_text("utf-8")
    table = pd.read_csv(run.domains_csv)
    assert set(table["domain"]) == {"in domain", "table"}
    assert len(table) == 2 * table["metric"].nunique()


def test_attacks_elsewhere_are_called_trained_on_by_their_names(trained: Path, mine: Path, tmp_path: Path):
    rows = []
    for person in range(6):
        for number in range(4):
            attack = ("", "", "sv2tts", ("vits", "-")[person % 2])[number]
            rows.append(f"{person}/{number}.wav,{'real' if number < 2 else 'fake'},p{person},{attack}")
    text(tmp_path, "attacks.csv", "path,label,who,by", *rows)
    data = corpus(mine, file=str(tmp_path / "attacks.csv"), attack="by", split=None)
    judged = evaluate_elsewhere(trained, Elsewhere(data=data, compare=False), trained / "elsewhere" / "named")
    expected = {
        "sv2tts": (True, ""),  # the one voice cloner of the demo data
        "vits": (False, ""),
        "unknown": (None, "these fakes have no name of an attack"),
    }
    for attacks in (read_json(judged.audit_json)["attacks"], judged.metrics()["splits"]["test"]["attacks"]):
        seen = {row["attack"]: (row["seen_in_training"], row["seen_reason"]) for row in attacks}
        assert seen == expected
    before = judged.audit_json.read_bytes()
    audit_one(judged.path, tmp_path / "again", AuditOptions(groups=()))
    again = read_json(tmp_path / "again" / "audit.json")["attacks"]
    assert {row["attack"]: row["seen_in_training"] for row in again} == {
        name: is_seen for name, (is_seen, _) in expected.items()
    }
    assert judged.audit_json.read_bytes() == before
    shutil.rmtree(judged.path)


def test_evaluate_says_the_auc_of_attacks_that_training_never_had(trained: Path, mine: Path, tmp_path: Path):
    """Six people with fakes by vits, which no training had; real clips as before."""
    rows = [
        f"{person}/{number}.wav,{'real' if number < 2 else 'fake'},p{person},{'vits' * (number > 1)}"
        for person in range(6)
        for number in range(4)
    ]
    text(tmp_path, "vits.csv", "path,label,who,by", *rows)
    table = ["--table", f"file={tmp_path / 'vits.csv'}", "speaker=who", "attack=by"]
    out = ["--no-comparison", "--out", tmp_path / "judged"]
    done = called("evaluate", trained, "--corpus", "table", "--root", mine, *table, *out)
    scores = pd.read_csv(tmp_path / "judged" / "scores.csv")
    auc = roc_auc_score(scores["is_fake"], scores["score"])
    assert f"on attacks that training never had: {auc:.3f} (one attack)" in done.stdout


def test_a_code_of_another_set_is_another_system(trained: Path, tmp_path: Path):
    run = RunFolder(Path(shutil.copytree(trained, tmp_path / "run")))
    other = DataConfig(corpus="asvspoof5", root="nowhere")
    reason = "asvspoof5 and fakeavceleb call their attacks by different codes"
    assert attacks_seen_elsewhere(run, other) == SeenAttacks(gap=reason)
    same = DataConfig(corpus="lav_df", root="nowhere")
    assert attacks_seen_elsewhere(run, same).of("sv2tts") == (True, "")
    run.clips_csv.unlink()
    assert attacks_seen_elsewhere(run, same).of("sv2tts") == (
        None,
        "the run does not say which clips it was trained on",
    )


def test_groups_that_the_report_refuses_are_refused_before_anything_is_scored(
    trained: Path, mine: Path, tmp_path: Path
):
    rows = [
        f"{person}/{number}.wav,fake,p{person},{'mf'[number % 2]}" for person in range(6) for number in (0, 1)
    ]
    text(tmp_path, "two.csv", "path,label,who,gender", *rows)
    data = corpus(mine, file=str(tmp_path / "two.csv"), groups=["gender"], split=None)
    out = tmp_path / "judged"
    with pytest.raises(ConfigError, match=r"--corpus table: .*p0.*gender"):
        evaluate_elsewhere(trained, Elsewhere(data=data, compare=False), out)
    assert not out.exists()


def test_a_detector_that_was_trained_on_pairs_and_through_channels_is_judged_elsewhere_too(
    trained: Path, mine: Path, tmp_path: Path
):
    """The other corpus has neither copies of its clips nor channels."""
    run = RunFolder(Path(shutil.copytree(trained, tmp_path / "run")))
    config = OmegaConf.load(run.config_yaml)
    config.data.fakes.root = str(tmp_path / "fakes")
    config.data.channel_copies.channels = [{"name": "gain", "db": -6.0}]
    config.train.pairs.copies_per_clip = 1
    config.evaluation.threshold.with_channels = True
    OmegaConf.save(config, run.config_yaml)
    judged = evaluate_elsewhere(run.path, Elsewhere(data=corpus(mine), compare=False), tmp_path / "judged")
    before = pd.read_csv(trained / "elsewhere" / "table" / "scores.csv")
    pd.testing.assert_frame_equal(pd.read_csv(judged.scores_csv), before)
    stressed = stress_on_request(
        StressRequest(
            source=run.path,
            conditions=("clean", "a_law"),
            corpus="table",
            root=mine,
            table={"speaker": "who"},
            out=tmp_path / "stressed",
        )
    )
    assert set(pd.read_csv(stressed.stress_csv)["condition"]) == {"clean", "a_law"}


def test_the_official_part_alone_is_scored_and_another_folder_may_hold_it(trained: Path, mine: Path):
    out = trained / "elsewhere" / "official part"
    judged = evaluate_elsewhere(trained, Elsewhere(data=corpus(mine), which="official", compare=False), out)
    assert len(pd.read_csv(judged.scores_csv)) == 16
    assert judged.warnings()[0].startswith("NOT COMPARED: whether people or recordings of the training")
    names = [domain["name"] for domain in read_json(RunFolder(trained).domains_json)["domains"]]
    assert names == ["in domain", "official part", "table"]
    with pytest.raises(ConfigError, match="--split official: table has no official test split"):
        evaluate_elsewhere(trained, Elsewhere(data=corpus(mine, split=None), which="official"), out / "x")


def test_a_corpus_of_one_class_has_no_auc_but_an_error_rate(trained: Path, mine: Path, tmp_path: Path):
    rows = [f"{person}/3.wav,fake,p{person},test" for person in range(6)]
    text(tmp_path, "fakes.csv", "path,label,who,part", *rows)
    data = corpus(mine, file=str(tmp_path / "fakes.csv"))
    judged = evaluate_elsewhere(trained, Elsewhere(data=data, compare=False), trained / "elsewhere" / "fakes")
    metrics = judged.metrics()["splits"]["test"]
    assert (metrics["auc"], metrics["num_clips"], metrics["num_fake"]) == (None, 6, 6)
    texts = {row["name"]: row["text"] for row in read_json(RunFolder(trained).domains_json)["verdicts"]}
    assert texts["fakes"].startswith("At the frozen threshold: FNR ")


def test_the_run_s_own_data_a_folder_that_exists_and_half_a_command_are_refused(
    trained: Path, mine: Path, demo: Path
):
    with pytest.raises(UserError, match="elsewhere/table: exists; name another folder"):
        evaluate_elsewhere(trained, Elsewhere(data=corpus(mine)))
    own = DataConfig(corpus="fakeavceleb", root=str(demo))
    with pytest.raises(UserError, match="is the data of the run; leave --corpus and --root out"):
        evaluate_elsewhere(trained, Elsewhere(data=own))
    for words, message in (
        (["--corpus", "in_the_wild"], "--root: say where the corpus in_the_wild is"),
        (["--corpus", "x", "--root", "y", "--split", "test"], "--split test: of another corpus, name all or"),
        (["--split", "official"], "--split official: goes with --corpus"),
        (["--table", "label=key"], "--table: goes with --corpus NAME --root PATH"),
    ):
        done = called("evaluate", trained, *words)
        assert done.status == 2
        assert message in done.stderr
