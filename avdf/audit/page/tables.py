"""The page's tables: audit.json's content as rows of words, in the order of the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from avdf.audit.page.formatting import (
    IN_PERCENT,
    METRIC_NAMES,
    NOTHING,
    count,
    figure,
    p_text,
    percent,
    points,
    span,
)
from avdf.config.loading import dotted

Content = Mapping[str, Any]
Row = tuple[str, ...]


def group_rows(content: Content) -> list[dict[str, Any]]:
    """One entry a group: its rows of `groups[]` by metric, and whether it opens its attribute."""
    found: list[dict[str, Any]] = []
    for row in content["groups"]:
        key = (row["attribute"], row["group"])
        if not found or found[-1]["key"] != key:
            opens = not found or found[-1]["key"][0] != key[0]
            found.append({"key": key, "attribute": key[0], "group": key[1], "opens": opens, "of": {}})
        found[-1]["of"][row["metric"]] = row
    return found


def pair_rows(content: Content) -> list[Row]:
    """The pairs whose difference is shown, the largest first."""
    return [
        (
            *(pair["attribute"], pair["metric"].upper(), pair["first"], pair["second"]),
            points(pair["difference"]),
            span([pair["low"], pair["high"]], "points"),
            p_text(pair["p_holm"]),
        )
        for pair in sorted(content["pairs"], key=lambda pair: -pair["difference"])
        if pair["p_holm"] is not None and pair["p_holm"] <= content["settings"]["level"]
    ]


def literature_rows(content: Content) -> list[Row]:
    names = ("f_fpr", "f_eo", "f_meo", "f_dp", "f_oae", "nist_fpr", "nist_fnr")
    return [
        (attribute, *(_plain(found[name]) for name in names), count(found["num_groups"]))
        for attribute, found in _in_order(content, content["literature"])
    ]


def what_if_rows(content: Content) -> list[Row]:
    return [
        (
            *(row["attribute"], row["group"], count(row["num_identities"]), f"{row['threshold']:.4g}"),
            *(percent(row["fpr"]), percent(row["fnr"])),
        )
        for row in content["what_if"]
    ]


def start_rows(content: Content) -> list[Row]:
    names = ("auc", "eer", "f2", "fpr", "fnr")
    words = {"whole": "whole clips", "without_start": "without the first 150 ms"}
    return [
        (words[key], *(figure(content["without_start"][key][name], name) for name in names)) for key in words
    ]


def split_rows(content: Content) -> list[Row]:
    return [(name, *_counted(row)) for name, row in sorted(content["counts"]["splits"].items())]


def group_count_rows(content: Content) -> list[Row]:
    return [(row["attribute"], row["group"], *_counted(row)) for row in content["counts"]["groups"]]


def type_rows(content: Content) -> list[Row]:
    return [(row["type"], *_counted(row)) for row in content["counts"]["types"]]


def gap_change_rows(content: Content) -> list[Row]:
    """How the gaps changed from the first detector to the second."""
    return [
        (
            *(row["attribute"], row["metric"].upper(), points(row["first"]), points(row["second"])),
            *(points(row["difference"]), span(row["ci"] or (None, None), "points"), row["change"]),
        )
        for row in content["gaps"]
    ]


def difference_rows(content: Content, of_all: bool) -> list[Row]:
    """Every figure of everybody, or of every group; rates change in points, others in their own unit."""
    return [
        (
            *(row["attribute"], row["group"], METRIC_NAMES[row["metric"]]),
            *(figure(row["first"], row["metric"]), figure(row["second"], row["metric"])),
            *_changed(row),
            *(count(row["num_identities"]), row["change"]),
        )
        for row in content["differences"]
        if (row["attribute"] == "all") == of_all
    ]


def tiles(content: Content) -> list[Row]:
    """(name, value, interval) of the whole test split."""
    overall = content["overall"]
    shares = percent(content["threshold"]["prevalence"], 0)
    named = {
        "f2": "F2",
        "f2_all_fake": "F2, everything called fake",
        "f2_at_prevalence": f"F2 at {shares} fakes",
        "fpr": "FPR: real clips accused",
        "fnr": "FNR: fakes missed",
        "precision": "Precision",
        "auc": "AUC",
        "average_precision": "Average precision",
        "eer": "EER",
        "min_dcf": "minDCF at 5 % fakes",
        "brier": "Brier score",
        "ece": "Calibration error",
    }
    return [
        (words, figure(overall[name], name), "" if name == "f2_all_fake" else span(overall["ci"][name], name))
        for name, words in named.items()
    ]


def flat(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested settings as dotted lines, sorted."""
    return [(name, _said(value)) for name, value in sorted(dotted(tree).items())]


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return NOTHING if value is None else str(value)


def _changed(row: Mapping[str, Any]) -> Row:
    if row["metric"] in IN_PERCENT:
        return points(row["difference"]), span(row["ci"], "points")
    return figure(row["difference"], row["metric"]), span(row["ci"], row["metric"])


def _counted(row: Mapping[str, Any]) -> Sequence[str]:
    return [count(row[name]) for name in ("num_clips", "num_identities", "num_real", "num_fake")]


def _plain(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _in_order(content: Content, by_attribute: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """JSON sorts keys; a report has race, gender, and their crossing."""
    order = list(dict.fromkeys(row["attribute"] for row in content["groups"]))
    return [(name, by_attribute[name]) for name in order]
