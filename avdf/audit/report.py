"""The audit of a score table from Python: tables of verdicts, groups and gaps, and a view for notebooks."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.audit.content import audit_content
from avdf.audit.figures.drawing import style
from avdf.audit.figures.forests import rate_forest
from avdf.audit.folder import write_content
from avdf.audit.options import AuditOptions
from avdf.audit.page.page import render
from avdf.audit.sources import AuditInput, read_audit_input, table_audit_input
from avdf.audit.tables import GAP_COLUMNS, GROUP_COLUMNS
from avdf.errors import UserError
from avdf.evaluation.harms import HARMS
from avdf.evaluation.naming import renamed
from avdf.files import json_text, text_hash
from avdf.paths import expand_path
from avdf.run_folder import AUDIT_HTML

VERDICT_COLUMNS = ("attribute", "metric", "harm", "verdict", "text")


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """The result of an audit; `content` is what audit.json holds, with None for undefined values."""

    content: Mapping[str, Any]

    @property
    def verdicts(self) -> pd.DataFrame:
        """One row per attribute and harm: attribute, metric, harm, verdict, text."""
        return pd.DataFrame(self.content["verdicts"], columns=list(VERDICT_COLUMNS))

    @property
    def groups(self) -> pd.DataFrame:
        """One row per group and metric, with the columns of groups.csv."""
        return _table(self.content["groups"], GROUP_COLUMNS)

    @property
    def gaps(self) -> pd.DataFrame:
        """One row per attribute and harm, with the columns of gaps.csv."""
        return _table(self.content["gaps"], GAP_COLUMNS)

    @property
    def warnings(self) -> list[str]:
        """Sentences that must be read before any metric."""
        return list(self.content["warnings"])

    @property
    def overall(self) -> dict[str, Any]:
        """The metrics of the whole test split; `ci` maps each metric to its 95 % interval."""
        return dict(self.content["overall"])

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Writes audit.json, audit.html, groups.csv, gaps.csv and figures/ and returns the page's path.

        Raises UserError if `folder` exists and `overwrite` is not set.
        """
        out = Path(expand_path(str(folder)))
        write_content(self.content, out, overwrite=overwrite)
        return out / AUDIT_HTML

    def __repr__(self) -> str:
        """Warnings and verdicts as lines, for a terminal."""
        verdicts = [
            f"{row['attribute']}, {row['harm']}: {row['verdict']}" for row in self.content["verdicts"]
        ]
        overall = self.content["overall"]
        head = f"AuditReport: {overall['num_clips']} clips of {overall['num_identities']} people"
        return "\n".join([head, *self.warnings, *verdicts])

    def _repr_html_(self) -> str:
        """Warnings, verdicts and forest plots for a notebook, in its light or dark colours."""
        drawings = []
        if self.content["gaps"]:
            with tempfile.TemporaryDirectory() as folder, style():
                drawings = [rate_forest(self.content, harm, Path(folder)) for harm in HARMS]
        token = text_hash(json_text(self.content))[:8]  # ids must differ between two reports in a notebook
        unique = [replace(item, svg=_for_notebook(item.svg, item.name, token)) for item in drawings]
        return render("notebook.html", audit=self.content, drawings=unique)


def audit_scores(
    table: str | Path | pd.DataFrame,
    *,
    groups: str | Sequence[str] | None = None,
    identity: str | None = None,
    threshold: float | None = None,
    options: AuditOptions | None = None,
) -> AuditReport:
    """Audits the scores of any detector: error rates per group, and tests of the gaps between groups.

    `table` is a run folder, a score table as a file, or a DataFrame with the columns is_fake (0 or 1), score
    (higher is more fake), `identity` (the person: the unit of all intervals and tests; default: the column
    identity) and `groups` (default: the run's, or race and gender). A column `split` is optional; the rows
    of its split `test` are audited. `threshold` is the frozen one; without it the column `threshold`, the
    run's own, or the best F2 of the validation rows is used. `options` holds the rest: bins for numeric
    groups, higher_is="bonafide", allow_overlap, seed. Raises TableError naming clips or columns, UserError
    if there is no threshold, or if people of the test split are in another split.

    >>> people = [f"p{number:02}" for number in range(60)]
    >>> table = pd.DataFrame({
    ...     "clip": [f"{person}-{kind}" for person in people for kind in "rf"],
    ...     "identity": [person for person in people for _ in "rf"],
    ...     "accent": ["north" if person < "p30" else "south" for person in people for _ in "rf"],
    ...     "is_fake": [0, 1] * 60,
    ...     "score": [0.2, 0.9] * 30 + [0.7, 0.9] * 30,
    ... })
    >>> report = audit_scores(table, groups=["accent"], threshold=0.5)
    >>> report.gaps.loc[0, ["metric", "worst", "best"]].tolist(), float(report.gaps.loc[0, "gap"])
    (['fpr', 'south', 'north'], 1.0)
    >>> report.verdicts["verdict"].tolist()
    ['gap shown', 'none shown']
    """
    columns = (groups,) if isinstance(groups, str) else tuple(map(str, () if groups is None else groups))
    options = options or AuditOptions()
    options = replace(
        options,
        groups=columns or options.groups,
        identity=identity or options.identity,
        threshold=options.threshold if threshold is None else threshold,
    )
    audit_input = _audit_input(table, options)
    return AuditReport(content=json.loads(json_text(audit_content(audit_input, audit_input.seed))))


def _audit_input(table: str | Path | pd.DataFrame, options: AuditOptions) -> AuditInput:
    if isinstance(table, pd.DataFrame):
        named = renamed(table.set_axis(list(map(str, table)), axis=1), options.names)
        return table_audit_input(named, options, name="the table")
    if not isinstance(table, str | Path):
        raise UserError(f"table must be a path or a DataFrame, got a {type(table).__name__}")
    return read_audit_input(Path(expand_path(str(table))), options)


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows with `ci` as the two columns ci_low and ci_high."""
    flat = [{**row, "ci_low": row["ci"][0], "ci_high": row["ci"][1]} for row in rows]
    return pd.DataFrame(flat, columns=list(columns))


def _for_notebook(svg: str, name: str, prefix: str) -> str:
    """SVG without its own style, with `prefix` before its ids, which begin with the drawing's name."""
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)
    return re.sub(rf'(id="|href="#|url\(#){re.escape(name)}-', rf"\g<1>{prefix}-{name}-", svg)
