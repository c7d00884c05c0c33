"""The audit's folder: whole, the same bytes for the same input, safe in a spreadsheet."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from making.made_scores import made_scores

from avdf.audit.folder import write_audit
from avdf.audit.sources import AuditInput
from avdf.audit.tables import groups_table
from avdf.errors import UserError
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold


def audit_input(scores: pd.DataFrame, groups: tuple[str, ...] = ("race", "gender")) -> AuditInput:
    """The scores at a threshold of 0.5."""
    return AuditInput(
        scores=CheckedScores.of(scores, groups),
        threshold=given_threshold(0.5),
        groups=groups,
        provenance={"command": "x"},
    )


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_rows_and_groups_in_another_order_give_the_same_bytes_of_every_file(tmp_path):
    scores = made_scores(36, 4)
    write_audit(audit_input(scores), tmp_path / "one")
    shuffled = scores.sample(frac=1.0, random_state=2)
    write_audit(audit_input(shuffled, ("gender", "race")), tmp_path / "two")
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert set(one) >= {"audit.json", "audit.html", "groups.csv", "gaps.csv", "figures/forest_fpr.png"}
    assert one == two


def test_another_hash_seed_gives_the_same_content(tmp_path):
    made_scores(36, 4).to_csv(tmp_path / "scores.csv", index=False)
    code = (
        "import sys; from pathlib import Path; from avdf.audit.content import audit_content;"
        "from avdf.audit.sources import AuditOptions, read_audit_input; from avdf.files import json_text;"
        "options = AuditOptions(threshold=0.5);"
        "print(json_text(audit_content(read_audit_input(Path(sys.argv[1]), options), seed=0)))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "scores.csv")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 10_000


def test_an_audit_is_not_overwritten_unasked(tmp_path):
    scores, out = made_scores(18, 4), tmp_path / "audit"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="exists; name another folder with --out"):
        write_audit(audit_input(scores), out)
    assert (out / "notes.txt").read_text() == "mine"
    write_audit(audit_input(scores), out, overwrite=True)
    assert not (out / "notes.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["audit"]


def test_a_failed_audit_leaves_nothing_behind(tmp_path):
    with pytest.raises(UserError, match="no column 'age'"):
        write_audit(audit_input(made_scores(18, 4), ("age",)), tmp_path / "audit")
    assert list(tmp_path.iterdir()) == []


def test_the_returned_content_equals_audit_json(tmp_path):
    content = write_audit(audit_input(made_scores(36, 4)), tmp_path / "audit")
    assert json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8")) == content
    with (tmp_path / "audit" / "groups.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(content["groups"])
    assert float(rows[0]["value"]) == content["groups"][0]["value"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_cells_that_a_spreadsheet_would_run_are_escaped(start):
    row = {"attribute": "race", "group": f"{start}cmd|'/C calc'!A0", "value": -0.5, "ci": [None, None]}
    table = groups_table([row])
    assert table.loc[0, "group"] == f"'{start}cmd|'/C calc'!A0"
    assert table.loc[0, "value"] == -0.5  # a number is no formula


def test_names_with_line_ends_commas_and_quotes_are_read_back_unchanged(tmp_path):
    names = ("two\nlines", 'a, "b"', "x" * 10_000)
    content = write_audit(audit_input(made_scores(36, 4, races=names)), tmp_path / "audit")
    with (tmp_path / "audit" / "groups.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["group"] for row in rows if row["attribute"] == "race"} == set(names)
    assert {row["group"] for row in content["groups"] if row["attribute"] == "race"} == set(names)


def test_the_working_folder_is_never_replaced(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "thesis.tex").write_text("years of work")
    monkeypatch.chdir(tmp_path / "work")
    for out in (Path(), Path(".."), tmp_path):
        with pytest.raises(UserError, match=r"holds the working folder and is not replaced; name another"):
            write_audit(audit_input(made_scores(36, 4)), out, overwrite=True)
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"holds your home folder and is not replaced"):
        write_audit(audit_input(made_scores(36, 4)), tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
