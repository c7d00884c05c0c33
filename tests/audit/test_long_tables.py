"""Tables of the page that are too long for a phone: the first rows, and the others behind a summary."""

from pathlib import Path

import pytest
from making.made_scores import made_scores

from avdf.audit.folder import write_audit
from avdf.audit.page.formatting import Table, divided
from avdf.audit.sources import AuditInput
from avdf.evaluation.scores import CheckedScores
from avdf.evaluation.threshold import given_threshold


@pytest.mark.parametrize(("most", "num_first", "num_others"), [(0, 0, 3), (2, 2, 1), (3, 3, 0), (9, 3, 0)])
def test_a_table_is_divided_after_so_many_rows(most: int, num_first: int, num_others: int):
    table = Table(header=("name",), rows=(("a",), ("b",), ("c",)))
    first, others = divided(table, most)
    assert (len(first.rows), len(others.rows)) == (num_first, num_others)
    assert first.rows + others.rows == table.rows
    assert first.header == others.header == table.header


def test_eight_pairs_are_shown_and_the_others_behind_a_summary(tmp_path: Path):
    """Nine of ten races are called alike; the first one differs from each of them."""
    races = tuple(f"race {number}" for number in range(10))
    scores = CheckedScores.of(made_scores(600, 8, races=races, planted=4.0), ("race",))
    content = write_audit(
        AuditInput(scores=scores, threshold=given_threshold(0.5), groups=("race",)), tmp_path / "audit"
    )
    shown = [pair for pair in content["pairs"] if pair["p_holm"] is not None and pair["p_holm"] <= 0.05]
    assert {pair["first"] for pair in shown} == {"race 0"}
    assert len(shown) == 9
    page = (tmp_path / "audit" / "audit.html").read_text("utf-8")
    section = page[page.index("<h3>Pairs of groups</h3>") : page.index("<h3>For comparison with papers</h3>")]
    before, _, behind = section.partition("<summary>1 more pair</summary>")
    assert (before.count('data-label="Higher"'), behind.count('data-label="Higher"')) == (8, 1)
