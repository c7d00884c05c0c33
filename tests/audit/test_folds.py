"""The folds of a run in its audit: what each chose, and that no test clip chose anything."""

from pathlib import Path
from typing import Any

import pytest
from making.made_scores import made_scores

from avdf.audit.folder import write_audit
from avdf.audit.folds import folds_content, folds_warnings
from avdf.audit.sources import audit_input_of
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import row_threshold
from avdf.files import write_json
from avdf.run_folder import RunFolder

CHOICES: dict[str, Any] = {
    "num_clips": 1000,
    "num_tested_once": 1000,
    "num_tested_more": 0,
    "num_without_track": 0,
    "leaks": False,
    "folds": [
        {
            **{"fold": fold, "epoch": 7 + fold, "num_epochs": 60, "threshold": 0.25},
            **{"f2_at_prevalence": 0.9125, "auc": None if fold else 0.875},
            **{"num_clips_train": 600, "num_clips_validation": 190, "num_clips_test": 210},
            **{"num_people_train": 36, "num_people_validation": 12, "num_people_test": 12},
        }
        for fold in range(2)
    ],
}


@pytest.mark.parametrize(
    ("changed", "words", "num_warnings"),
    [
        ({}, "Each of the 1\u202f000 clips is in the test split of exactly one fold. Within a fold train", 0),
        ({}, "no clip took part in the choice of the epoch or the threshold that it is judged by.", 0),
        (
            {"num_tested_once": 900},
            "900 are in the test split of exactly one fold, 100 in none.",
            0,
        ),
        ({"num_tested_once": 970, "num_tested_more": 20}, "one fold, 10 in none, 20 in those of several.", 1),
        ({"num_without_track": 5}, "do not share a clip or a voice (the recordings of 5 clips are not", 0),
        ({"leaks": True}, "The certificate of a fold says that its splits share clips", 1),
    ],
)
def test_the_sentence_says_which_clips_chose_what(changed: dict[str, Any], words: str, num_warnings: int):
    choices = {**CHOICES, **changed}
    assert words in folds_content(choices)["text"]
    assert len(folds_warnings(choices)) == num_warnings


def test_the_page_shows_the_choice_of_each_fold(tmp_path: Path):
    """Undefined is a dash."""
    write_json(tmp_path / "run" / "folds.json", CHOICES)
    scores = made_scores(60, 4).assign(split="test", threshold=0.25)
    checked = CheckedScores.of(scores, ("race",))
    audit_input = audit_input_of(
        checked, row_threshold(checked.table), ("race",), run=RunFolder(tmp_path / "run")
    )
    content = write_audit(audit_input, tmp_path / "audit")
    assert content["folds"]["folds"] == CHOICES["folds"]
    page = (tmp_path / "audit" / "audit.html").read_text("utf-8")
    assert "What each fold chose" in page
    cells = ["1", "7 of 60", "0.25", "0.912", "36, 600", "12, 190", "12, 210", "0.875"]
    row = "".join(f'<span><bdi class="name">{cell}</bdi></span></td>|' for cell in cells).split("|")
    assert all(cell in page for cell in row)
    assert '<td data-label="Test AUC"><span><bdi class="name">–</bdi></span></td>' in page


def test_an_audit_without_folds_has_no_such_part(tmp_path: Path):
    checked = CheckedScores.of(made_scores(60, 4).assign(threshold=0.25), ("race",))
    audit_input = audit_input_of(checked, row_threshold(checked.table), ("race",), run=None)
    assert "folds" not in write_audit(audit_input, tmp_path / "audit")
    assert "What each fold chose" not in (tmp_path / "audit" / "audit.html").read_text("utf-8")
