"""Score tables as files, and what the audit of one says."""

from pathlib import Path

import pandas as pd

from avdf.audit.content import audit_content
from avdf.audit.sources import AuditOptions, read_audit_input

GROUPS = ("race", "gender")


def options(**changes) -> AuditOptions:
    return AuditOptions(**{"threshold": 0.5, "groups": GROUPS, **changes})


def saved(table: pd.DataFrame, folder: Path, name: str = "scores.csv", **how) -> Path:
    table.to_csv(folder / name, index=False, **how)
    return folder / name


def warnings_of(path: Path, **changes) -> list[str]:
    return audit_content(read_audit_input(path, options(**changes)), 0)["warnings"]
