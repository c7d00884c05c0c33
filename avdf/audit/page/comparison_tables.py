"""The tables of a comparison's page, from the content of comparison.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.audit.page.formatting import (
    Column,
    Table,
    count,
    interval_text,
    key,
    metric_text,
    number,
    p_text,
    points,
    points_interval,
    table_of,
)
from avdf.evaluation.scored_split import METRIC_OF

Content = Mapping[str, Any]


def gap_changes_table(content: Content) -> Table:
    """The gaps of the first and of the second detector."""
    columns: Sequence[Column] = (
        ("Attribute", key("attribute")),
        ("Rate", key("metric", str.upper)),
        ("First", key("first", points)),
        ("Second", key("second", points)),
        ("Change", key("difference", points)),
        ("95 % interval", lambda row: points_interval(row["ci"] or (None, None))),
        ("Verdict", key("change")),
    )
    return table_of(columns, content["gaps"])


def differences_table(content: Content, *, overall: bool) -> Table:
    """Every metric of all clips, or of every group; shares change in points, others in their own unit."""
    groups: Sequence[Column] = (("Attribute", key("attribute")), ("Group", key("group")))
    columns: Sequence[Column] = (
        *(() if overall else groups),
        ("Metric", lambda row: METRIC_OF[row["metric"]].label),
        ("First", lambda row: metric_text(row["first"], row["metric"])),
        ("Second", lambda row: metric_text(row["second"], row["metric"])),
        ("Change", _change),
        ("95 % interval", _change_interval),
        ("People", key("num_identities", count)),
        ("Verdict", key("change")),
    )
    rows = [row for row in content["differences"] if (row["attribute"] == "all") == overall]
    return table_of(columns, rows)


def auc_tests_table(content: Content) -> Table:
    """The tests of equal AUCs."""
    columns: Sequence[Column] = (
        ("Independent", key("unit")),
        ("Method", key("method")),
        ("Change of AUC", lambda row: metric_text(row["difference"], "auc")),
        ("95 % interval", lambda row: interval_text([row["low"], row["high"]], "auc")),
        ("z", key("z", number)),
        ("p", key("p", p_text)),
    )
    return table_of(columns, content["auc_tests"])


def _change(row: Mapping[str, Any]) -> str:
    is_share = METRIC_OF[row["metric"]].unit == "share"
    return points(row["difference"]) if is_share else metric_text(row["difference"], row["metric"])


def _change_interval(row: Mapping[str, Any]) -> str:
    is_share = METRIC_OF[row["metric"]].unit == "share"
    return points_interval(row["ci"]) if is_share else interval_text(row["ci"], row["metric"])
