"""A result as a line of a .csv or .jsonl file, and the whole rows of such a file."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from avdf.detection.modalities import COLUMNS as OF_MODALITIES
from avdf.errors import UserError
from avdf.files import finite_json

COLUMNS = (
    *("path", "score", "called_fake", "call", "probability_fake", "llr", "prevalence", "threshold", "whole"),
    *("seconds", "training_distance", "warnings", "stretches", "words", "detector", "sha256", "error"),
    *OF_MODALITIES,  # blank for a detector that only hears
)


def csv_header() -> str:
    return _csv_line(list(COLUMNS))


def csv_row(result: dict[str, Any]) -> str:
    """The columns of a result; blank for None, 1 or 0 for yes or no, lists joined by semicolons."""
    distance = result.get("training_distance")
    values = {
        **result,
        **{name: _as_number(result.get(name)) for name in ("called_fake", *OF_MODALITIES)},
        "training_distance": ("; ".join(distance["words"]) or distance["verdict"]) if distance else None,
        "warnings": "; ".join(result["warnings"]),
        "stretches": "; ".join(
            f"{item['start_s']:.2f}-{item['end_s']:.2f} s ({item['score']:.4f})"
            for item in result.get("stretches") or ()
        ),
    }
    return _csv_line([values.get(name) for name in COLUMNS])


def _as_number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def json_row(result: dict[str, Any]) -> str:
    """A result as one line of JSON."""
    return json.dumps(finite_json(result), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def whole_csv_rows(lines: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], int]]:
    """Yields each whole row of a .csv file, and the number of bytes up to its end; the header is none.

    `lines` are those of the file with their ends. Raises UserError for other columns.
    """
    read = _Counted(lines)
    reader = csv.reader(read, strict=True)
    try:
        for number, values in enumerate(reader):
            if number == 0 and tuple(values) != COLUMNS and read.is_whole:
                raise UserError("its columns are not those of avdf predict")
            if len(values) != len(COLUMNS) or not read.is_whole:
                return
            yield dict(zip(COLUMNS, values, strict=True)) if number else {}, read.num_bytes
    except csv.Error:  # a quoted text that was not finished
        return


def whole_json_rows(lines: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], int]]:
    """As `whole_csv_rows` for a .jsonl file. Raises UserError for other content."""
    read = _Counted(lines)
    for line in read:
        if not read.is_whole:
            return
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError("a line of it is not JSON") from error
        if not isinstance(row, dict) or not isinstance(row.get("path"), str):
            raise UserError("a line of it is no result of avdf predict")
        yield row, read.num_bytes


class _Counted:
    """Lines as text; how many bytes they have so far, and whether the last one was ended."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self.num_bytes, self.is_whole = iter(lines), 0, True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.num_bytes += len(line)
        self.is_whole = line.endswith(b"\n")
        # An unfinished line may end within a character.
        return line.decode("utf-8", "strict" if self.is_whole else "replace")


def _csv_line(values: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
