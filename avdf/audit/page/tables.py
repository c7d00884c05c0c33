"""The tables of an audit's page, from the content of audit.json, in the order of the report."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from avdf.audit.extremes import has_many_groups
from avdf.audit.page.formatting import (
    NOTHING,
    Column,
    Table,
    count,
    four_digits,
    interval_text,
    key,
    metric_text,
    number,
    p_text,
    percent,
    points,
    points_interval,
    table_of,
)
from avdf.config.loading import dotted
from avdf.config.schema import SPLITS
from avdf.evaluation.gaps import MOST_PAIRS
from avdf.evaluation.harms import HARMS
from avdf.evaluation.literature import LITERATURE_NAMES
from avdf.evaluation.metrics import METRICS
from avdf.evaluation.scored_split import METRIC_OF

Content = Mapping[str, Any]
COMPACT = tuple(metric for metric in METRICS if metric.compact)
_COUNTS: tuple[Column, ...] = (
    ("Clips", key("num_clips", count)),
    ("People", key("num_identities", count)),
    ("Real", key("num_real", count)),
    ("Fake", key("num_fake", count)),
)
_RATES: tuple[Column, ...] = tuple((f"Test {METRIC_OF[harm].label}", key(harm, percent)) for harm in HARMS)


def tiles(content: Content) -> list[tuple[str, str, str]]:
    """(title, value, interval) of each metric of the whole test split that has a title."""
    overall, share = content["overall"], percent(content["threshold"]["prevalence"], 0)
    return [
        (
            metric.title.format(prevalence=share),
            metric_text(overall[metric.key], metric.key),
            interval_text(overall["ci"][metric.key], metric.key),
        )
        for metric in METRICS
        if metric.title
    ]


def coverage_table(content: Content) -> Table:
    """The share of clips with a score, by group, the lowest first."""
    columns: Sequence[Column] = (
        ("Attribute", key("attribute")),
        ("Group", key("group")),
        ("Coverage", key("coverage", percent)),
        ("Of real", key("coverage_real", percent)),
        ("Of fake", key("coverage_fake", percent)),
        ("Clips", key("num_clips", count)),
        ("With score", key("num_scored", count)),
        ("People", key("num_identities", count)),
    )
    return table_of(columns, sorted(content["coverage"][1:], key=lambda row: row["coverage"]))


def group_rows(content: Content, *, many: bool) -> list[dict[str, Any]]:
    """One entry per group: its rows of `groups[]` by metric, and whether it is the first of its attribute.

    `many`: of the attributes with very many groups, or of the others.
    """
    entries: list[dict[str, Any]] = []
    attributes = dict.fromkeys(row["attribute"] for row in content["groups"])
    wanted = [name for name in attributes if has_many_groups(content, name) == many]
    for row in (row for row in content["groups"] if row["attribute"] in wanted):
        name = (row["attribute"], row["group"])
        if not entries or entries[-1]["name"] != name:
            first = not entries or entries[-1]["attribute"] != row["attribute"]
            entries.append(
                {"name": name, "attribute": name[0], "group": name[1], "is_first": first, "of": {}}
            )
        entries[-1]["of"][row["metric"]] = row
    return entries


def many_group_rows(content: Content) -> list[tuple[str, list[dict[str, Any]]]]:
    """The entries of each attribute that has very many groups."""
    entries = group_rows(content, many=True)
    attributes = dict.fromkeys(entry["attribute"] for entry in entries)
    return [(name, [entry for entry in entries if entry["attribute"] == name]) for name in attributes]


def untested_pairs(content: Content) -> list[str]:
    """A sentence per gap that is shown and whose pairs are too many to be tested."""
    return [
        f"{gap['attribute']}, {gap['metric'].upper()}: {count(num)} pairs of {len(gap['compared'])} groups. "
        f"Of more than {MOST_PAIRS} pairs, Holm's correction can show none, so no pair was tested."
        for gap in content["gaps"]
        if (num := math.comb(len(gap["compared"]), 2)) > MOST_PAIRS
        and gap["p_holm"] is not None
        and gap["p_holm"] <= content["settings"]["level"]
    ]


def pairs_table(content: Content) -> Table:
    """The pairs whose difference is shown, the largest first."""
    level = content["settings"]["level"]
    shown = [pair for pair in content["pairs"] if pair["p_holm"] is not None and pair["p_holm"] <= level]
    columns: Sequence[Column] = (
        ("Attribute", key("attribute")),
        ("Rate", key("metric", str.upper)),
        ("Higher", key("first")),
        ("Lower", key("second")),
        ("Difference", key("difference", points)),
        ("95 % interval", lambda pair: points_interval([pair["low"], pair["high"]])),
        ("p, Holm", key("p_holm", p_text)),
    )
    return table_of(columns, sorted(shown, key=lambda pair: -pair["difference"]))


def literature_table(content: Content) -> Table:
    """The published fairness metrics of each attribute."""
    names = [*LITERATURE_NAMES, *(f"nist_{harm}" for harm in HARMS)]
    columns: list[Column] = [("Attribute", key("attribute"))]
    columns += [(name.upper().replace("NIST_", "NIST "), key(name, number)) for name in names]
    columns.append(("Groups", key("num_groups", count)))
    attributes = dict.fromkeys(row["attribute"] for row in content["groups"])  # JSON sorts its keys
    return table_of(columns, [{"attribute": name, **content["literature"][name]} for name in attributes])


def folds_table(content: Content) -> Table:
    """What each fold chose on its validation split, and the numbers of clips and people."""
    columns: Sequence[Column] = (
        ("Fold", lambda fold: str(fold["fold"] + 1)),
        ("Epoch", lambda fold: f"{count(fold['epoch'])} of {count(fold['num_epochs'])}"),
        ("Threshold", key("threshold", four_digits)),
        ("Validation F2", key("f2_at_prevalence", number)),
        *((f"{split.capitalize()}: people, clips", _people_and_clips(split)) for split in SPLITS),
        ("Test AUC", key("auc", number)),
    )
    return table_of(columns, content["folds"]["folds"])


def what_if_table(content: Content) -> Table:
    """Each group's own best threshold and its error rates on test."""
    columns: Sequence[Column] = (
        ("Attribute", key("attribute")),
        ("Group", key("group")),
        ("Validation people", key("num_identities", count)),
        ("Threshold", key("threshold", four_digits)),
        *_RATES,
    )
    return table_of(columns, content["what_if"])


def without_start_table(content: Content) -> Table:
    """Metrics of whole clips, and of clips without their first 150 ms."""
    labels = {"whole": "whole clips", "without_start": "without the first 150 ms"}
    columns: list[Column] = [("Clips", key("clips"))]
    columns += [(metric.label, key(metric.key)) for metric in COMPACT]
    rows = []
    for name, label in labels.items():
        values = content["without_start"][name]
        texts = {metric.key: metric_text(values[metric.key], metric.key) for metric in COMPACT}
        rows.append({"clips": label, **texts})
    return table_of(columns, rows)


def split_table(content: Content) -> Table:
    columns = (("Split", key("split")), *_COUNTS)
    splits = content["counts"]["splits"]
    return table_of(columns, [{"split": name, **splits[name]} for name in sorted(splits)])


def group_counts_table(content: Content) -> Table:
    columns = (("Attribute", key("attribute")), ("Group", key("group")), *_COUNTS)
    return table_of(columns, content["counts"]["groups"])


def type_table(content: Content) -> Table:
    return table_of((("Type", key("type")), *_COUNTS), content["counts"]["types"])


def flat(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested settings as dotted names and texts, sorted."""
    return [(name, _text(value)) for name, value in sorted(dotted(tree).items())]


def _people_and_clips(split: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda fold: f"{count(fold[f'num_people_{split}'])}, {count(fold[f'num_clips_{split}'])}"


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return NOTHING if value is None else str(value)


def without_copies_note(shortcuts: Sequence[Content]) -> str:
    """Which of the features were not taken of copies of real clips, and why; "" if there were none."""
    names = [str(row["feature"]) for row in shortcuts if row.get("without_copies")]
    if not names:
        return ""
    return (
        "Copies of real clips are left out of properties of the file, since every copy is written as the "
        f"same kind of file: {', '.join(sorted(names))}."
    )
