"""A split that was made elsewhere: a CSV of clip and split, checked against the clips and its certificate."""

import json
from pathlib import Path

import pandas as pd

from avdf.data.splits.certificate import PARTS, check_certificate
from avdf.errors import TableError, nearest
from avdf.files import read_csv_table
from avdf.run_folder import RunFolder


def read_split(path: Path, clips: pd.DataFrame) -> pd.DataFrame:
    """clip, split: the rows of the file, in the order of `clips`.

    A certificate.json beside the file must be of these clips and of this split; without one the
    file is taken as it is. Raises TableError naming the file, the rows and the remedy.
    """
    table = read_csv_table(path, "tools/split.py writes a split.csv")
    for column in ("clip", "split"):
        if column not in table.columns:
            raise TableError(f"{path}: lacks the column {column!r}; it needs clip and split")
    _refuse(path, table["clip"][table["clip"].duplicated()], "stands in it twice; keep one row a clip")
    odd = table["split"][~table["split"].isin(PARTS)]
    if len(odd):
        raise TableError(f"{path}: no part {odd.iloc[0]!r}{nearest(odd.iloc[0], PARTS)}")
    unknown = table["clip"][~table["clip"].isin(clips["clip"])]
    _refuse(path, unknown, "is not in the clip table (or can't be decoded); take such rows out")
    if not (table["split"] == "train").any():
        raise TableError(f"{path}: no clip is in 'train'")
    _check_proof(RunFolder(path.parent).certificate_json, clips, table)
    return table[["clip", "split"]].sort_values("clip", ignore_index=True)


def _check_proof(path: Path, clips: pd.DataFrame, table: pd.DataFrame) -> None:
    if not path.is_file():
        return
    try:
        proof = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(
            f"{path}: can't be read as JSON ({error}); remove it or make the split again"
        ) from error
    if not isinstance(proof, dict):
        raise TableError(f"{path}: is no certificate; remove it or make the split again")
    check_certificate(proof, clips, table)


def _refuse(path: Path, clips: "pd.Series[str]", why: str) -> None:
    if len(clips):
        more = f" (and {len(clips) - 1} more)" if len(clips) > 1 else ""
        raise TableError(f"{path}: clip {clips.iloc[0]!r}{more} {why}")
