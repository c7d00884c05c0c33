"""What the map to log-likelihood ratios is and does: a sentence and two tables of an audit's page."""

from collections.abc import Mapping
from typing import Any

from avdf.audit.page.formatting import NOTHING, Column, Table, count, key, percent, table_of

Content = Mapping[str, Any]
_MAPS = {
    "none": "the logit itself",
    "temperature": "the logit times a factor",
    "logistic": "a line of the logit",
}


def sentence(content: Content) -> str:
    """Which map was chosen, on which clips, and what it gained there."""
    told = content["calibration"]
    sign = "+" if told["intercept"] >= 0 else "-"
    people = f"{count(told['num_clips'])} clips of {count(told['num_identities'])} people of {told['split']}"
    return (
        f"The log-likelihood ratio is {_MAPS[told['name']]}: {told['slope']:.4g} x logit {sign} "
        f"{abs(told['intercept']):.4g}. It was chosen on {people}, where Cllr is {told['cllr_before']:.3f} "
        f"before it and {told['cllr_after']:.3f} after it was fitted on other people. The threshold and the "
        "scores do not depend on it."
    )


def effect_table(content: Content) -> Table:
    """Cllr and ECE before the map and after it."""
    columns: list[Column] = [("", key("name")), ("Cllr, bits", _three("cllr")), ("ECE", _three("ece"))]
    return table_of(columns, _rows(content))


def reliability_table(content: Content) -> Table:
    """Mean probability, share of fakes and clips of each bin, before the map and after it."""
    columns: list[Column] = [
        ("Mean probability", key("probability", percent)),
        ("Share of fakes", key("share_fake", percent)),
        ("Clips", key("num_clips", count)),
        ("", key("name")),
    ]
    bins = [{**item, "name": row["name"]} for row in _rows(content) for item in row["bins"]]
    return table_of(columns, bins)


def _rows(content: Content) -> list[dict[str, Any]]:
    of_test = content["calibration"]["splits"]["test"] or {}
    return [{**of_test[name], "name": name} for name in ("before", "after") if name in of_test]


def _three(name: str) -> Any:
    return lambda row: NOTHING if row[name] is None else f"{row[name]:.3f}"
