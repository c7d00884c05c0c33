"""tools/audit.py as a user calls it: one table, a run folder, two tables, and every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "audit"))

from making.calls import called  # noqa: E402
from making.made_scores import made_scores  # noqa: E402
from making.pace import best_s, slowness  # noqa: E402

from avdf.audit.request import audit_one  # noqa: E402
from avdf.audit.sources import AuditOptions, read_audit_input  # noqa: E402
from avdf.config.evaluation import ThresholdConfig  # noqa: E402
from avdf.errors import TableError, UserError  # noqa: E402
from avdf.evaluation.scores import CheckedScores  # noqa: E402
from avdf.evaluation.summary import measure, score_splits_of  # noqa: E402
from avdf.evaluation.threshold import choose_threshold  # noqa: E402
from avdf.files import write_json  # noqa: E402


def tool(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "audit.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "scores.csv"
    made_scores(36, 4).to_csv(path, index=False)
    return path


def test_help_answers_in_under_a_second():
    done = tool("--help")
    assert done.returncode == 0
    assert "RUN_OR_SCORES" in done.stdout
    assert "--allow-overlap" in done.stdout
    assert best_s(lambda: tool("--help")) < 1.0 * slowness()


def test_a_score_table_is_audited_and_the_last_line_says_where(table, tmp_path):
    done = tool(table, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    page = Path(done.stdout.splitlines()[-1])
    assert page == tmp_path / "out" / "audit.html"
    assert page.is_file()


def test_nonsense_ends_with_status_2_one_message_and_no_traceback(table, tmp_path):
    table.write_text(table.read_text().replace("clip00100.mp4,test,0,0.", "clip00100.mp4,test,0,nan0."))
    done = tool(table)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "clip00100.mp4" in done.stderr
    assert list(tmp_path.iterdir()) == [table]


def test_the_threshold_is_chosen_on_the_validation_rows(table):
    source = read_audit_input(table, AuditOptions())
    validation = made_scores(36, 4).query("split == 'validation'")
    expected = choose_threshold(CheckedScores.of(validation), ThresholdConfig(), beta=2.0, prevalence=0.5)
    assert source.threshold == expected
    assert source.groups == ("race", "gender")
    assert read_audit_input(table, AuditOptions(threshold=0.25)).threshold.value == 0.25


def test_without_validation_rows_a_threshold_must_be_given(tmp_path):
    path = tmp_path / "foreign.csv"
    made_scores(18, 4).drop(columns=["split", "type", "method"]).to_csv(path, index=False)
    with pytest.raises(UserError, match=r"no validation rows .* --threshold X"):
        read_audit_input(path, AuditOptions())
    page = audit_one(path, None, AuditOptions(threshold=0.5))
    assert page == tmp_path / "audit" / "audit.html"
    with pytest.raises(UserError, match="exists"):
        audit_one(path, None, AuditOptions(threshold=0.5))


def test_a_foreign_table_names_its_own_columns(tmp_path):
    path = tmp_path / "foreign.csv"
    columns = {"identity": "speaker", "race": "accent"}
    made_scores(18, 4)[["is_fake", "score", *columns]].rename(columns=columns).to_csv(path, index=False)
    warnings = read_audit_input(path, AuditOptions(threshold=0.5)).warnings
    assert "name the column 'speaker' with --identity speaker" in warnings[0]
    assert "No column of groups is audited" in warnings[1]
    assert "(have: is_fake, score, speaker, accent)" in warnings[1]
    with pytest.raises(TableError, match=r"no column 'speakr', did you mean 'speaker'.* --identity"):
        read_audit_input(path, AuditOptions(threshold=0.5, groups=("accent",), identity="speakr"))
    source = read_audit_input(path, AuditOptions(threshold=0.5, groups=("accent",), identity="speaker"))
    assert source.groups == ("accent",)


def test_people_in_two_splits_are_listed_unless_allowed(table, tmp_path):
    text = table.read_text().replace("clip00000.mp4,validation", "clip00000.mp4,test")
    table.write_text(text)
    with pytest.raises(UserError, match=r"1 identities .*: id00000; .*--allow-overlap"):
        read_audit_input(table, AuditOptions())
    page = audit_one(table, None, AuditOptions(allow_overlap=True))
    assert "1 identities are in test and in another split" in page.read_text(encoding="utf-8")


def test_a_column_can_be_probed_as_a_shortcut(tmp_path):
    path = tmp_path / "scores.csv"
    scores = made_scores(18, 4)
    scores.assign(leading_silence_s=scores["is_fake"] * 0.03).to_csv(path, index=False)
    audit_one(path, None, AuditOptions(), probes=("leading_silence_s",))
    content = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))
    assert content["shortcuts"] == [{"auc": 1.0, "feature": "leading_silence_s"}]
    assert any("leading_silence_s alone" in line for line in content["warnings"])
    with pytest.raises(TableError, match="no column 'loudness' to probe"):
        audit_one(path, tmp_path / "other", AuditOptions(), probes=("loudness",))


def test_a_run_folder_has_its_threshold_and_the_warnings_of_its_data(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(UserError, match=r"holds no scores.csv"):
        read_audit_input(run, AuditOptions())
    scores = made_scores(36, 4)
    scores.to_csv(run / "scores.csv", index=False)
    checked = CheckedScores.of(scores)
    chosen = choose_threshold(checked.of_split("validation"), ThresholdConfig(), beta=1.0, prevalence=0.3)
    write_json(run / "metrics.json", measure(score_splits_of(checked, chosen), chosen))
    write_json(run / "environment.json", {"warnings": ["MADE-UP DATA: a demo"]})
    write_json(run / "certificate.json", {"name": "clip", "leaks": True, "data_hash": "abc"})
    (run / "config.yaml").write_text("data: {root: demo}\nmodel: {encoders: {audio: {name: audio_cnn}}}\n")
    source = read_audit_input(run, AuditOptions())
    assert source.threshold == chosen
    assert source.provenance["data_hash"] == "abc"
    assert ["MADE-UP DATA" in source.warnings[0], "LEAKS" in source.warnings[1]] == [True, True]
    page = audit_one(run, None, AuditOptions())
    assert page == run / "audit" / "audit.html"


def test_two_tables_are_compared(table, tmp_path):
    done = tool(table, table, "--out", tmp_path / "both", "--threshold", 0.5)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "both" / "comparison.json").is_file()


def test_bins_of_one_column_twice_are_refused(table):
    done = called("audit", table, "--bins", "age=30", "--bins", "age=50")
    assert (done.status, done.stderr) == (2, "error: --bins age: is given twice; write age=30,50\n")


def test_probes_of_a_comparison_are_refused_and_not_ignored(table, tmp_path):
    done = called("audit", table, table, "--probe", "type", "--out", tmp_path / "out")
    assert done.status == 2
    assert done.stderr == "error: --probe: needs a single table; audit each of the two with it\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("column", ["score", "is_fake"])
def test_the_score_is_no_trivial_feature(table, tmp_path, column):
    done = called("audit", table, "--probe", column, "--out", tmp_path / "out")
    message = f"--probe {column}: is not a trivial feature; name columns such as duration_s"
    assert done.stderr == f"error: {message}\n"


def test_the_folder_of_the_scores_is_not_replaced(table, tmp_path):
    done = called("audit", table, "--out", tmp_path, "--overwrite")
    assert done.status == 2
    assert "holds what is audited and is not replaced; name another folder" in done.stderr
    assert table.is_file()
