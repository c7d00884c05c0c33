"""The audit as a folder that appears whole: audit.json, audit.html, groups.csv, gaps.csv, figures/."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.audit.content import audit_content
from avdf.audit.page.page import page_html
from avdf.audit.tables import gaps_table, groups_table
from avdf.errors import UserError
from avdf.evaluation.threshold import Threshold
from avdf.files import json_text, write_csv, write_text


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
    with whole_folder(out) as folder:
        write_text(folder / "audit.json", text)
        write_csv(folder / "groups.csv", groups_table(content["groups"]))
        write_csv(folder / "gaps.csv", gaps_table(content["gaps"]))
        write_text(folder / "audit.html", page_html(content, folder / "figures"))
    return content


def refuse_existing(out: Path, overwrite: bool) -> None:
    """Raises UserError where `out` holds something and may not be replaced."""
    if out.exists() and not overwrite and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists; name another folder with --out, or replace it with --overwrite")


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Yields a folder beside `out` that takes its place when the block ends well."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name[:40]}.", suffix=".part"))
    except OSError as error:
        raise UserError(f"{out}: can't be written ({error.strerror}); choose another folder") from error
    try:
        yield part
        part.chmod(0o755)
        if out.is_dir():
            out.rename(part.with_suffix(".old"))
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(part.with_suffix(".old"), ignore_errors=True)
