"""A file of results that grows by one row per scored file, and can be continued: .csv or .jsonl."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avdf.detection.result_rows import csv_header, csv_row, json_row, whole_csv_rows, whole_json_rows
from avdf.errors import UserError
from avdf.files import write_text

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
        self._rows, self._text = self._read()

    def remaining(self, paths: Sequence[str], facts: Mapping[str, Any]) -> list[int]:
        """The places in `paths` of the files that have no row yet.

        `facts` has the values of SAME. Raises UserError if a row has others.
        """
        for row in self._rows:
            for name in SAME:
                if str(row.get(name)) != str(facts[name]):
                    raise UserError(
                        f"--resume {self.path}: was written with {name} {row.get(name)}, not {facts[name]}; "
                        "name another file"
                    )
        done = Counter(str(row["path"]) for row in self._rows)
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
        if self.path.exists():
            write_text(self.path, self._text)  # without an unfinished row
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a", encoding="utf-8", newline="")
        except OSError as error:
            raise self._not_written(error) from error

        def add(text: str) -> None:
            try:
                file.write(text)
                file.flush()
            except OSError as error:
                raise self._not_written(error) from error

        with file:
            if self._is_csv and not self._text:
                add(csv_header())
            yield lambda result: add(csv_row(result) if self._is_csv else json_row(result))

    def _not_written(self, error: OSError) -> UserError:
        return UserError(f"--out {self.path}: can't be written ({error.strerror or error})")

    def _read(self) -> tuple[list[dict[str, Any]], str]:
        if not self.path.exists():
            return [], ""
        try:
            content = self.path.read_bytes()
            # An unfinished row may end within a character.
            text = content[: content.rfind(b"\n") + 1].decode("utf-8")
            return whole_csv_rows(text) if self._is_csv else whole_json_rows(text)
        except (OSError, UserError, ValueError) as error:
            raise UserError(
                f"--resume {self.path}: can't be continued ({error}); name another file"
            ) from error
