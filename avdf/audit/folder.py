"""The audit as a folder that appears whole: audit.json, audit.html, groups.csv, gaps.csv, figures/."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.audit.content import audit_content
from avdf.audit.page.page import page_html
from avdf.audit.tables import gaps_table, groups_table
from avdf.errors import UserError
from avdf.evaluation.threshold import Threshold
from avdf.files import atomic_folder, json_text, write_csv, write_text


def write_audit(
    scores: pd.DataFrame,
    threshold: Threshold,
    out: Path,
    *,
    groups: Sequence[str],
    identity: str = "identity",
    provenance: Mapping[str, Any],
    probes: Sequence[Mapping[str, Any]] = (),
    warnings: Sequence[str] = (),
    seed: int = 0,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Audits the `test` rows at a frozen threshold, writes folder `out` and returns what audit.json holds.

    `probes` are `{feature, auc}`; `warnings` come first on the page. Rows of other splits only tell where the
    threshold was chosen. Raises TableError for a table that can't be trusted, UserError where `out` exists.
    """
    refuse_existing(out, overwrite)
    found = audit_content(
        scores,
        threshold,
        groups=groups,
        identity=identity,
        provenance=provenance,
        probes=probes,
        warnings=warnings,
        seed=seed,
    )
    text = json_text(found)
    content: dict[str, Any] = json.loads(text)
    with atomic_folder(out) as folder:
        write_text(folder / "audit.json", text)
        write_csv(folder / "groups.csv", groups_table(content["groups"]))
        write_csv(folder / "gaps.csv", gaps_table(content["gaps"]))
        write_text(folder / "audit.html", page_html(content, folder / "figures"))
    return content


def refuse_existing(out: Path, overwrite: bool) -> None:
    """Raises UserError where `out` holds something and may not be replaced."""
    if out.exists() and not overwrite and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists; name another folder with --out, or replace it with --overwrite")
