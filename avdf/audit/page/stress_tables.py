"""The tables of the page of a stress test, from the content of stress.json."""

from collections.abc import Callable, Mapping
from typing import Any

from avdf.audit.page.formatting import (
    Column,
    Table,
    count,
    interval_text,
    metric_text,
    percent,
    rate_interval_text,
    table_of,
)
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import METRIC_OF
from avdf.evaluation.stress import STRESSED

Content = Mapping[str, Any]


def stress_rates_table(content: Content) -> Table:
    """Each condition of a stress test: its metrics with intervals, and whether training has had it."""
    known = {True: "yes", False: "no", None: "not known"}
    rows = {(row["condition"], row["metric"]): row for row in content["rates"]}
    columns: list[Column] = [("Condition", lambda condition: condition["words"])]
    for metric in STRESSED:
        columns.append((METRIC_OF[metric].label, _stressed(rows, metric)))
    columns.append(("In training", lambda condition: known[condition["seen_in_training"]]))
    return table_of(columns, content["conditions"])


def has_rates(content: Content) -> bool:
    """Whether any group has people enough for a rate."""
    return any(row["value"] is not None for row in content["groups"])


def stress_groups_table(content: Content) -> Table:
    """Per group, both error rates as recorded and through the channel that is worst for that rate."""
    clean = content["conditions"][0]["condition"]
    worst = content["summary"]["worst_condition"]
    rows = {
        (row["condition"], row["attribute"], row["group"], row["metric"]): row for row in content["groups"]
    }
    groups = dict.fromkeys((row["attribute"], row["group"]) for row in content["groups"])
    columns: list[Column] = [("Attribute", lambda group: group[0]), ("Group", lambda group: group[1])]
    for harm in HARMS:
        for name in (clean, worst[harm]):
            if name is not None:
                title = f"{METRIC_OF[harm].label}, {name.replace('_', ' ')}"
                columns.append((title, _of_group(rows, name, harm)))
    columns.append(
        ("People", lambda group: count(rows[(clean, *group, next(iter(HARMS)))]["num_identities"]))
    )
    return table_of(columns, groups)


def _stressed(rows: Mapping[tuple[str, str], Mapping[str, Any]], metric: str) -> Callable[[Any], str]:
    def text(condition: Mapping[str, Any]) -> str:
        row = rows[condition["condition"], metric]
        return f"{metric_text(row['value'], metric)} ({interval_text(row['ci'], metric)})"

    return text


def _of_group(
    rows: Mapping[tuple[str, str, str, str], Mapping[str, Any]], condition: str, harm: str
) -> Callable[[Any], str]:
    def text(group: tuple[str, str]) -> str:
        row = rows[(condition, *group, harm)]
        if row["value"] is None:
            return str(row["status"])
        return f"{percent(row['value'], 0)} ({rate_interval_text(row['ci'])})"

    return text
