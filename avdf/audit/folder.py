"""Writes the folder of an audit atomically: audit.json, audit.html, groups.csv, gaps.csv, figures/."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avdf.audit.content import audit_content
from avdf.audit.page.page import page_html
from avdf.audit.sources import AuditInput
from avdf.audit.tables import attacks_csv, gaps_table, groups_table
from avdf.errors import UserError
from avdf.files import atomic_folder, json_text, write_csv, write_text
from avdf.run_folder import AUDIT_HTML, AUDIT_JSON


def write_audit(
    audit_input: AuditInput, out: Path, seed: int = 0, *, overwrite: bool = False
) -> dict[str, Any]:
    """Audits the `test` rows at a frozen threshold, writes folder `out` and returns what audit.json holds.

    Rows of other splits only tell where the threshold was chosen. Raises TableError for a table without a
    test row, UserError if `out` exists and may not be replaced.
    """
    refuse_existing(out, overwrite)
    content: dict[str, Any] = json.loads(json_text(audit_content(audit_input, seed)))
    write_content(content, out, overwrite=overwrite)
    return content


def write_content(content: Mapping[str, Any], out: Path, *, overwrite: bool = False) -> None:
    """Writes folder `out` from what audit.json holds. Raises UserError if it may not be replaced."""
    refuse_existing(out, overwrite)
    with atomic_folder(out) as folder:
        write_text(folder / AUDIT_JSON, json_text(content))
        write_csv(folder / "groups.csv", groups_table(content["groups"]))
        write_csv(folder / "gaps.csv", gaps_table(content["gaps"]))
        if content["attacks"]:
            write_csv(folder / "attacks.csv", attacks_csv(content["attacks"]))
        write_text(folder / AUDIT_HTML, page_html(content, folder / "figures"))


def refuse_existing(out: Path, overwrite: bool, source: Path | None = None, option: str = "--out") -> None:
    """Raises UserError if `out` is not empty and may not be replaced.

    A folder that holds the working folder, the home folder or `source`, which is audited, is never replaced.
    `option` is the one that names `out`, for the message.
    """
    if not out.exists():
        return
    if not overwrite and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists; name another folder with {option}, or replace it with --overwrite")
    kept = {"the working folder": Path.cwd(), "your home folder": Path(os.path.expanduser("~"))}
    kept |= {"what is audited": source} if source else {}
    for name, path in kept.items():
        if out.resolve() in (path.resolve(), *path.resolve().parents):
            raise UserError(f"{out}: holds {name} and is not replaced; name another folder with {option}")
