"""The figure of a run in domain beside out of domain: one row per metric and corpus."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avdf.audit.figures.drawing import SERIES, Drawing, label, new_figure, saved
from avdf.audit.figures.row_axes import HEAD_PT, ROW_PT, finish, left_text, rate_dot, rows_axes
from avdf.audit.page.formatting import Column, count, interval_text, key, metric_text, table_of
from avdf.evaluation.scored_split import METRIC_OF


def domain_forest(content: Mapping[str, Any], folder: Path) -> Drawing:
    """Every metric in domain (blue) and on each other corpus (orange), with its interval over people."""
    domains = content["domains"]
    metrics = [metric for metric in METRIC_OF if metric in domains[0]["metrics"]]  # JSON sorts its keys
    rows = [
        {"metric": metric, **cell, "domain": domain["name"], "num_identities": domain["num_identities"]}
        for metric in metrics
        for domain in domains
        for cell in (domain["metrics"][metric],)
    ]
    figure = new_figure(ROW_PT * len(rows) + HEAD_PT * len(metrics) + 48)
    axes = rows_axes(figure)
    y = 0.0
    for number, row in enumerate(rows):
        if number % len(domains) == 0:
            y += HEAD_PT
            left_text(axes, y - 5, METRIC_OF[row["metric"]].label, weight="bold")
        y += ROW_PT
        left_text(axes, y - 5, label(row["domain"], 28))
        status = "undefined" if row["value"] is None else "ok"
        colour = SERIES[0] if number % len(domains) == 0 else SERIES[1]
        rate_dot(axes, y - 5, {**row, "status": status}, colour)
    finish(axes, y + 4, 1.0, "1 is 100 %")
    columns: Sequence[Column] = (
        ("metric", lambda row: METRIC_OF[row["metric"]].label),
        ("clips of", key("domain")),
        ("value", lambda row: metric_text(row["value"], row["metric"])),
        ("95 % interval", lambda row: interval_text(row["ci"], row["metric"])),
        ("people", key("num_identities", count)),
    )
    return Drawing(
        name="domains",
        title="In domain and out of domain",
        alt="A dot with its 95 % interval per metric, in domain and on each other corpus.",
        svg=saved(figure, "domains", folder),
        table=table_of(columns, rows),
        note="Blue: the test split of the run. Orange: other corpora, at the same threshold.",
    )
