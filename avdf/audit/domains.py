"""In domain beside out of domain: the metrics of a run and of its folders elsewhere/NAME, on one page."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from avdf.audit.figures.domains import domain_forest
from avdf.audit.figures.drawing import style
from avdf.audit.page.formatting import (
    Column,
    Table,
    count,
    four_digits,
    interval_text,
    key,
    metric_text,
    percent,
    table_of,
)
from avdf.audit.page.page import render
from avdf.audit.page.tables import COMPACT
from avdf.config.schema import SPLITS
from avdf.errors import UserError
from avdf.files import atomic_folder, json_text, write_csv, write_text
from avdf.run_folder import RunFolder

SCHEMA_VERSION = 1
IN_DOMAIN = "in domain"
_CHANCE = 0.5  # the AUC of a detector that knows nothing


def write_domains(run: RunFolder) -> dict[str, Any]:
    """Writes RUN/elsewhere/domains/: domains.html, domains.json, domains.csv, figures/; returns the content.

    Raises UserError if the run was scored on no other corpus.
    """
    text = json_text(domains_content(run))
    content: dict[str, Any] = json.loads(text)
    with atomic_folder(run.domains) as folder:
        figures = folder / "figures"
        figures.mkdir()
        with style():
            drawings = [domain_forest(content, figures)]
        write_text(folder / run.domains_json.name, text)
        write_csv(folder / run.domains_csv.name, _rows(content["domains"]))
        page = render(
            "elsewhere.html",
            content=content,
            drawings=drawings,
            table=_table(content["domains"]),
            threshold=four_digits((content["threshold"] or {}).get("value")),
        )
        write_text(folder / run.domains_html.name, page)
    return content


def domains_content(run: RunFolder) -> dict[str, Any]:
    """The test metrics of a run and of every corpus it was scored on, and what is left of them in words."""
    own = _domain(IN_DOMAIN, run)
    others = [_domain(folder.name, folder) for folder in run.folders_elsewhere()]
    if not others:
        raise UserError(f"{run.path}: was scored on no other corpus; evaluate --corpus NAME --root PATH does")
    return {
        "schema_version": SCHEMA_VERSION,
        "domains": [own, *others],
        "verdicts": [{"name": other["name"], "text": sentence_of(own, other)} for other in others],
        "warnings": [f"{other['name']}: {line}" for other in others for line in other["warnings"]],
        "threshold": run.threshold(),
        "provenance": run.provenance(),
    }


def sentence_of(own: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """How much of the figure in domain is left elsewhere."""
    before, after = own["metrics"]["auc"], other["metrics"]["auc"]
    parts = []
    if before["value"] is not None and after["value"] is not None:
        there = f"AUC {_with_interval(after, 'auc')}, in domain {_with_interval(before, 'auc')}"
        parts.append(f"{there}: {_left(before['value'], after['value'])}.")
    rates = [
        f"{metric.label} {_with_interval(cell, metric.key)}, in domain "
        f"{metric_text(own['metrics'][metric.key]['value'], metric.key)}"
        for metric in COMPACT
        if metric.at_threshold and metric.interval == "wilson"
        if (cell := other["metrics"][metric.key])["value"] is not None
    ]
    if rates:
        parts.append(f"At the frozen threshold: {'; '.join(rates)}.")
    return " ".join(parts)


def _left(before: float, after: float) -> str:
    """The share of the AUC above chance that is left, in words."""
    if before <= _CHANCE:
        return "the detector is no better than chance in domain"
    if after <= _CHANCE:
        return "nothing of what is above chance is left"
    share = (after - _CHANCE) / (before - _CHANCE)
    return f"{percent(min(share, 1.0), 0)} of what is above chance is left"


def _with_interval(cell: Mapping[str, Any], metric: str) -> str:
    return f"{metric_text(cell['value'], metric)} ({interval_text(cell['ci'], metric)})"


def _domain(name: str, run: RunFolder) -> dict[str, Any]:
    """The counts and the compact metrics of the test split of a folder."""
    splits = run.metrics().get("splits")
    test = splits.get(SPLITS[-1]) if isinstance(splits, dict) else None
    if not isinstance(test, dict):
        raise UserError(f"{run.metrics_json}: has no test split; score it again")
    ci = test.get("ci") or {}
    return {
        "name": name,
        "warnings": run.warnings(),
        **{key: test.get(key) for key in ("num_clips", "num_identities", "num_fake", "num_real")},
        "metrics": {
            metric.key: {"value": test.get(metric.key), "ci": ci.get(metric.key, [None, None])}
            for metric in COMPACT
        },
    }


def _table(domains: Sequence[Mapping[str, Any]]) -> Table:
    """One row per domain: numbers of clips and people, and every metric with its interval."""
    columns: list[Column] = [
        ("Clips of", key("name")),
        ("Clips", key("num_clips", count)),
        ("Fakes", key("num_fake", count)),
        ("People", key("num_identities", count)),
    ]
    columns += [(metric.label, partial(_cell, metric.key)) for metric in COMPACT]
    return table_of(columns, domains)


def _cell(metric: str, domain: Mapping[str, Any]) -> str:
    return _with_interval(domain["metrics"][metric], metric)


def _rows(domains: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per domain and metric: domain, metric, value, ci_low, ci_high, num_clips, num_identities."""
    rows = [
        {
            "domain": domain["name"],
            "metric": key,
            "value": cell["value"],
            "ci_low": cell["ci"][0],
            "ci_high": cell["ci"][1],
            "num_clips": domain["num_clips"],
            "num_identities": domain["num_identities"],
        }
        for domain in domains
        for key, cell in domain["metrics"].items()
    ]
    return pd.DataFrame(rows)
