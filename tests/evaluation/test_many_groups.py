"""Hundreds of groups: the same numbers in less time, no pairs that could not be shown, short pages."""

import time

import numpy as np
import pandas as pd
import pytest
from making.made_scores import check_scores
from making.pace import slowness
from making.plain_metrics import plain_metrics
from markupsafe import escape

from avdf.audit.content import audit_content
from avdf.audit.extremes import shown_rows
from avdf.audit.figures.drawing import label, new_figure, style
from avdf.audit.figures.row_axes import left_text, rows_axes
from avdf.audit.page.page import page_html
from avdf.audit.page.tables import untested_pairs
from avdf.audit.sources import AuditOptions, table_audit_input
from avdf.evaluation.bootstrap import random_stream, strata_of
from avdf.evaluation.f_beta import FBeta
from avdf.evaluation.gaps import MOST_PAIRS, gaps_of, pairs_of
from avdf.evaluation.scored_split import score_split_of
from avdf.files import json_text


def table_of(num_clips: int, num_places: int, spread: float = 0.0) -> pd.DataFrame:
    """One clip per person; `spread` is the deviation of the places' logits."""
    rng = np.random.default_rng(0)
    place, fake = np.arange(num_clips) % num_places, np.arange(num_clips) // num_places % 2
    logit = 2.0 * fake - 1.0 + rng.normal(0, 1, num_clips) + spread * rng.normal(0, 1, num_places)[place]
    return pd.DataFrame(
        {
            "is_fake": fake,
            "score": 1 / (1 + np.exp(-logit)),
            "identity": [f"p{number:05d}" for number in range(num_clips)],
            "place": [f"place {number:03d}" for number in place],
            "device": [f"device {number:02d}" for number in rng.integers(0, 12, num_clips)],
        }
    )


def content_of(table: pd.DataFrame, *groups: str) -> dict:
    options = AuditOptions(groups=groups, threshold=0.5)
    return audit_content(table_audit_input(table, options, name="made"), 0)


def test_the_draws_of_a_small_group_are_the_metrics_of_its_people_drawn():
    table = check_scores(table_of(48, 4).round({"score": 1}), ["place"])
    split = score_split_of(table, 0.5, ["place"], f_beta=FBeta())
    people = [np.flatnonzero(split.sums.cell == cell) for cell in range(4)]
    chosen = random_stream(0, "bootstrap", "place 002").integers(0, 12, size=(2000, 12))
    assert strata_of(people) == [[0], [1], [2], [3]]
    for draw in (0, 5, 1999):
        names = split.sums.identity[people[2][chosen[draw]]]
        rows = pd.concat([table[table["identity"] == name] for name in names])
        expected = plain_metrics(rows["is_fake"], rows["score"], 0.5)
        for name in ("fpr", "fnr", "f2", "auc", "eer", "brier"):
            assert split.draws[3][name][draw] == pytest.approx(expected[name], abs=1e-12), name


@pytest.mark.parametrize(("num_places", "num_pairs"), [(32, 496), (33, 0)])
def test_pairs_are_left_out_where_no_correction_could_show_one(num_places, num_pairs):
    assert MOST_PAIRS == 500  # 1 / 10,000, the smallest p, times 500 is 0.05
    table = check_scores(table_of(40 * num_places, num_places, spread=2.0), ["place"])
    split = score_split_of(table, 0.5, ["place"], f_beta=FBeta())
    (gap, _) = gaps_of(split.sums, split.groups, 0)
    assert gap.is_shown
    assert len(pairs_of(split.sums, split.groups, gap, 0)) == num_pairs


def test_324_groups_of_3500_clips_take_seconds_and_few_megabytes():
    pace = slowness(time.process_time)
    start = time.process_time()
    content = content_of(table_of(3_500, 24, spread=1.5), "place", "device")
    assert len(content["counts"]["groups"]) == 24 + 12 + 288
    spent_s = time.process_time() - start
    pace = max(pace, slowness(time.process_time))  # before and after, since a machine changes its pace
    assert spent_s < 20.0 * pace  # 31 s with all levels for every group
    assert len(json_text(content)) < 3_000_000  # 18 MB with all pairs and curves
    assert sum(curve["attribute"] == "place x device" for curve in content["curves"]) <= 20


def test_the_page_shows_the_20_worst_and_best_of_60_groups_and_all_in_tables(tmp_path):
    content = content_of(table_of(60 * 42, 60, spread=1.0), "place")
    rows = [row for row in content["groups"] if row["metric"] == "fpr"]
    (high, worst), (low, best) = shown_rows(rows)
    values = sorted((row["value"] for row in rows), reverse=True)
    assert [row["value"] for row in worst] == values[:20]
    assert [row["value"] for row in best] == values[-20:]
    assert (high, low) == ("the 20 highest of 60 with 20+ people", "the 20 lowest of 60 with 20+ people")
    page = page_html(content, tmp_path)
    assert "<summary>place: all 60 groups</summary>" in page
    assert page.count("<caption>With 95 % intervals over people: Wilson's for FPR and FNR; boot") == 1
    assert all(f"place {number:03d}" in page for number in range(60))
    (line,) = [line for line in untested_pairs(content) if "FPR" in line]
    assert line.startswith("place, FPR: 1\u202f770 pairs of 60 groups.")
    assert str(escape(line)) in page


def test_the_longest_name_ends_before_a_dot_at_zero():
    with style():
        figure = new_figure(60)
        axes = rows_axes(figure)
        left_text(axes, 10, label("generator of the web number 234"))
        figure.canvas.draw()
        end = axes.texts[0].get_window_extent().x1
        radius = 3.2 * figure.dpi / 72  # a marker of 5 pt and its edge
        assert end < axes.get_window_extent().x0 - radius


def test_a_table_of_up_to_40_groups_is_shown_whole():
    rows = [{"value": 0.1, "num_identities": 30}] * 40
    assert shown_rows(rows) == [("", rows)]
    few = [{"value": value, "num_identities": 30} for value in [*np.linspace(0, 1, 30), *[None] * 20]]
    ((heading, shown),) = shown_rows(few)
    assert heading == "30 of 50, highest first"
    assert [row["value"] for row in shown] == sorted(np.linspace(0, 1, 30), reverse=True)


def test_a_crossing_of_more_than_500_groups_is_left_out_and_said_so():
    table = table_of(1_300, 26).assign(other=[f"o{number // 26 % 26}" for number in range(1_300)])
    content = content_of(table, "place", "other")
    assert {row["attribute"] for row in content["groups"]} == {"place", "other"}
    assert "place x other would have more than 500 groups: the crossing is left out." in content["warnings"]
