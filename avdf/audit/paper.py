"""Tables for a paper, in LaTeX and Markdown, from the content of audit.json or comparison.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.audit.page.attack_tables import attacks_table
from avdf.audit.page.comparison_tables import auc_tests_table, differences_table
from avdf.audit.page.formatting import Table, count, interval_text, metric_text, table_of
from avdf.evaluation.harms import HARMS
from avdf.evaluation.scored_split import METRIC_OF
from avdf.files import write_text

PAPER_MD, PAPER_TEX = "paper.md", "paper.tex"
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_PLAIN = {"\u00a0": "~", "\u202f": r"\,", "\u2212": "$-$", "–": "--", "…": r"\ldots{}"}


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """A table with its caption and its name, by which LaTeX refers to it."""

    name: str
    caption: str
    table: Table


def write_paper(content: Mapping[str, Any], folder: Path) -> None:
    """Writes paper.md and paper.tex to the folder of an audit or of a comparison.

    The LaTeX needs the package booktabs.
    """
    tables = _of_comparison(content) if "differences" in content else _of_audit(content)
    write_text(folder / PAPER_MD, "\n".join(map(markdown, tables)))
    write_text(folder / PAPER_TEX, "\n".join(map(latex, tables)))


def markdown(item: PaperTable) -> str:
    """The table in Markdown below its caption."""
    rows = [item.table.header, ["---"] * len(item.table.header), *item.table.rows]
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join([f"{item.caption}", "", *lines, ""])


def latex(item: PaperTable) -> str:
    """The table in LaTeX with the rules of booktabs; the first column is text, the others are centred."""
    header, *rows = (" & ".join(map(escaped, row)) + r" \\" for row in (item.table.header, *item.table.rows))
    columns = "l" + "c" * (len(item.table.header) - 1)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(item.caption)}}}",
        rf"\label{{tab:{item.name}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        *(r"\toprule", header, r"\midrule", *rows, r"\bottomrule"),
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text as LaTeX prints it.

    >>> escaped("A_1: 5 %")
    'A\\\\_1: 5 \\\\%'
    """
    return "".join(_PLAIN.get(sign) or _ESCAPED.get(sign, sign) for sign in " ".join(text.split(" ")))


def _of_audit(content: Mapping[str, Any]) -> list[PaperTable]:
    overall = content["overall"]
    people = (
        "" if content["settings"]["identity"] is None else f" of {count(overall['num_identities'])} people"
    )
    unit = "clips" if content["settings"]["identity"] is None else "people"
    data = f"{count(overall['num_real'])} real and {count(overall['num_fake'])} fake clips{people}"
    limit = (
        "each at its own frozen threshold" if content["threshold"]["per_row"] else "at the frozen threshold"
    )
    tables = [
        PaperTable(
            name="metrics",
            caption=f"Detection on {data}, {limit}; 95 % intervals over {unit}.",
            table=_metrics(overall),
        )
    ]
    if content["groups"]:
        caption = f"Error rates by group, {limit}; 95 % intervals over {unit} (Wilson)."
        tables.append(PaperTable(name="groups", caption=caption, table=groups_of_paper(content)))
    if content["attacks"]:
        caption = f"Fakes of each attack against all real clips, {limit}; 95 % intervals over {unit}."
        tables.append(PaperTable(name="attacks", caption=caption, table=attacks_table(content)))
    return tables


def _of_comparison(content: Mapping[str, Any]) -> list[PaperTable]:
    data = f"{count(content['num_clips'])} clips of {count(content['num_identities'])} people"
    caption = f"Two detectors on {data}, each at its frozen threshold; paired 95 % intervals over people."
    auc = f"Tests of equal AUC on {data}."
    return [
        PaperTable(name="comparison", caption=caption, table=differences_table(content, overall=True)),
        PaperTable(name="auc", caption=auc, table=auc_tests_table(content)),
    ]


def _metrics(overall: Mapping[str, Any]) -> Table:
    rows = [metric for key, metric in METRIC_OF.items() if key in overall]
    return table_of(
        (
            ("Metric", lambda metric: metric.label),
            ("Value", lambda metric: metric_text(overall[metric.key], metric.key)),
            ("95 % interval", lambda metric: interval_text(overall["ci"][metric.key], metric.key)),
        ),
        rows,
    )


def groups_of_paper(content: Mapping[str, Any]) -> Table:
    """One row per group with both error rates; a group of fewer than 5 people has counts only."""
    of_group: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in content["groups"]:
        of_group.setdefault((row["attribute"], row["group"]), {})[row["metric"]] = row
    header: list[str] = ["Attribute", "Group", "People"]
    for harm in HARMS:
        header += [METRIC_OF[harm].label, "95 % interval"]
    rows = []
    for (attribute, group), metrics in of_group.items():
        people = max(metrics[harm]["num_identities"] for harm in HARMS)
        rows.append((attribute, group, count(people), *_rates(metrics)))
    return Table(header=tuple(header), rows=tuple(rows))


def _rates(metrics: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    texts = []
    for harm in HARMS:
        texts.append(metric_text(metrics[harm]["value"], harm))
        texts.append(interval_text(metrics[harm]["ci"], harm))
    return texts
