"""The conditions that an interrupted stress test had finished, so that the next one does not repeat them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.errors import TableError
from avdf.files import read_csv_table, write_csv

Scores = dict[str, NDArray[np.float64]]  # by condition, (clip,)


@dataclass(frozen=True)
class Unfinished:
    """A file with the scores of whole conditions; its `key` and clips must be those of the test."""

    path: Path
    key: str
    clips: Sequence[str]

    def write(self, scores: Mapping[str, NDArray[np.float64]]) -> None:
        """Writes the file if a condition is finished."""
        if scores:
            tables = [
                pd.DataFrame({"key": self.key, "condition": name, "clip": list(self.clips), "score": values})
                for name, values in scores.items()
            ]
            write_csv(self.path, pd.concat(tables))

    def read(self) -> Scores:
        """The finished conditions; none if there is no file, or one of another test."""
        if not self.path.is_file():
            return {}
        try:
            table = read_csv_table(self.path, "the stress test makes it again")
            scores: Scores = {}
            for name, rows in table.groupby("condition", sort=False):
                if list(rows["clip"]) == list(self.clips) and (rows["key"] == self.key).all():
                    scores[str(name)] = rows["score"].to_numpy(np.float64)
        except (TableError, KeyError, ValueError):  # a file that was changed: its conditions are scored again
            return {}
        return {name: values for name, values in scores.items() if np.isfinite(values).all()}

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
