"""Reads a split made elsewhere: a CSV of clip and split, checked against the clips and a certificate."""

import json
from pathlib import Path

import pandas as pd

from avdf.config.schema import SPLITS
from avdf.data.splits.certificate import check_certificate
from avdf.errors import TableError, nearest
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder


def read_split(path: Path, clips: pd.DataFrame) -> pd.DataFrame:
    """clip, split: the rows of the file, in the order of `clips`.

    A certificate.json beside the file must be of these clips and of this split. Raises TableError
    naming the file, the rows and the remedy.
    """
    table = read_csv_table(path, "tools/split.py writes a split.csv")
    for column in ("clip", "split"):
        if column not in table.columns:
            raise TableError(f"{path}: lacks the column {column!r}; it needs clip and split")
    odd = table["split"][~table["split"].isin(SPLITS)]
    if len(odd):
        raise TableError(f"{path}: no split {odd.iloc[0]!r}{nearest(odd.iloc[0], SPLITS)}")
    with_slashes = table["clip"].str.replace("\\", "/")
    table["clip"] = table["clip"].where(~with_slashes.isin(clips["clip"]), with_slashes)
    unknown = table["clip"][~table["clip"].isin(clips["clip"])]
    example = f"the clip table has names such as {clips['clip'].iloc[0]!r}"
    _refuse(path, unknown, f"is not in the clip table; correct the name or remove the row ({example})")
    _refuse(path, table["clip"][table["clip"].duplicated()], "is listed twice; keep one row per clip")
    if not (table["split"] == "train").any():
        raise TableError(f"{path}: no clip is in 'train'")
    _check_certificate_file(RunFolder(path.parent).certificate_json, clips, table)
    return table[["clip", "split"]].sort_values("clip", ignore_index=True)


def _check_certificate_file(path: Path, clips: pd.DataFrame, table: pd.DataFrame) -> None:
    if not path.is_file():
        return
    try:
        certificate = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(
            f"{path}: can't be read as JSON ({error}); remove it or make the split again"
        ) from error
    if not isinstance(certificate, dict):
        raise TableError(f"{path}: is not a certificate; remove it or make the split again")
    check_certificate(certificate, clips, table)


def _refuse(path: Path, clips: "pd.Series[str]", why: str) -> None:
    if len(clips):
        more = f" (and {len(clips) - 1} more)" if len(clips) > 1 else ""
        raise TableError(f"{path}: clip {clips.iloc[0]!r}{more} {why}")
