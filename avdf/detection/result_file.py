"""A file of results that grows by one row per scored file, and can be continued: .csv or .jsonl."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avdf.detection.result_rows import csv_header, csv_row, json_row, whole_csv_rows, whole_json_rows
from avdf.errors import UserError

# Of a result: the same in all rows of a file.
SAME = ("detector", "whole", "threshold", "prevalence")


class ResultFile:
    """Each row is written whole, in order, as soon as it is known.

    A row that a killed process left unfinished is dropped when the file is continued.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        """Raises UserError for another suffix, and for a file that exists where `resume` is False."""
        if path.suffix not in (".csv", ".jsonl"):
            raise UserError(f"--out {path}: must end in .csv or .jsonl")
        if path.exists() and not path.is_file():
            raise UserError(f"--out {path}: is not a regular file; name a file")
        if path.exists() and not resume:
            raise UserError(f"--out {path}: exists; continue it with --resume, or name another file")
        self.path = path
        self._is_csv = path.suffix == ".csv"
        self._done: Counter[str] = Counter()  # rows by their path
        self._facts: dict[tuple[str, ...], None] = {}  # values of SAME, in the order of the rows
        self._num_bytes = 0  # of whole rows
        if path.exists():
            self._read()

    def remaining(self, paths: Sequence[str], facts: Mapping[str, Any]) -> list[int]:
        """The places in `paths` of the files that have no row yet.

        `facts` has the values of SAME. Raises UserError if a row has others.
        """
        for values in self._facts:
            for name, value in zip(SAME, values, strict=True):
                if value != str(facts[name]):
                    raise UserError(
                        f"--resume {self.path}: was written with {name} {value}, not {facts[name]}; "
                        "name another file"
                    )
        done = self._done.copy()
        places = []
        for place, path in enumerate(paths):
            if done[path]:
                done[path] -= 1
            else:
                places.append(place)
        return places

    @contextmanager
    def writing(self) -> Iterator[Callable[[dict[str, Any]], None]]:
        """Yields a function that adds the row of a result. Raises UserError if the file can't be written."""
        try:
            if self.path.exists():
                os.truncate(self.path, self._num_bytes)  # without an unfinished row
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what a full disk refused is not tried again when the file is closed.
            file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise self._not_written(error) from error

        def add(text: str) -> None:
            rest = memoryview(text.encode("utf-8"))
            try:
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError as error:
                raise self._not_written(error) from error

        with file:
            if self._is_csv and not self._num_bytes:
                add(csv_header())
            yield lambda result: add(csv_row(result) if self._is_csv else json_row(result))

    def _not_written(self, error: OSError) -> UserError:
        return UserError(f"--out {self.path}: can't be written ({error.strerror or error})")

    def _read(self) -> None:
        """Notes what is there, row by row: the memory does not depend on what the rows hold."""
        try:
            with self.path.open("rb") as file:
                for row, num_bytes in (whole_csv_rows if self._is_csv else whole_json_rows)(file):
                    self._num_bytes = num_bytes
                    if row:
                        self._done[row["path"]] += 1
                        self._facts[tuple(str(row.get(name)) for name in SAME)] = None
        except (OSError, UserError, ValueError) as error:
            raise UserError(
                f"--resume {self.path}: can't be continued ({error}); name another file"
            ) from error
