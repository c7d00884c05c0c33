"""A result as a line of a .csv or .jsonl file, and the whole lines of such a file."""

import csv
import io
import json
from typing import Any

from avdf.errors import UserError
from avdf.files import finite_json

COLUMNS = (
    *("path", "score", "called_fake", "call", "probability_fake", "llr", "prevalence", "threshold", "whole"),
    *("seconds", "training_distance", "warnings", "stretches", "words", "detector", "error"),
)


def csv_header() -> str:
    return _csv_line(list(COLUMNS))


def csv_row(result: dict[str, Any]) -> str:
    """The columns of a result; blank for None, 1 or 0 for a call, lists joined by semicolons."""
    distance = result.get("training_distance")
    values = {
        **result,
        "called_fake": None if result["called_fake"] is None else int(result["called_fake"]),
        "training_distance": ("; ".join(distance["words"]) or distance["verdict"]) if distance else None,
        "warnings": "; ".join(result["warnings"]),
        "stretches": "; ".join(
            f"{item['start_s']:.2f}-{item['end_s']:.2f} s ({item['score']:.4f})"
            for item in result.get("stretches") or ()
        ),
    }
    return _csv_line([values.get(name) for name in COLUMNS])


def json_row(result: dict[str, Any]) -> str:
    """A result as one line of JSON."""
    return json.dumps(finite_json(result), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def whole_csv_rows(text: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of a .csv file and its text up to the last whole row. Raises UserError for other columns."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    rows: list[dict[str, Any]] = []
    num_lines = 0
    try:
        for number, values in enumerate(reader):
            if number == 0 and tuple(values) != COLUMNS and lines[0].endswith("\n"):
                raise UserError("its columns are not those of avdf predict")
            if len(values) != len(COLUMNS) or not lines[reader.line_num - 1].endswith("\n"):
                break
            num_lines = reader.line_num
            if number:
                rows.append(dict(zip(COLUMNS, values, strict=True)))
    except csv.Error:  # a quoted text that was not finished
        pass
    return rows, "".join(lines[:num_lines])


def whole_json_rows(text: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of a .jsonl file and its text up to the last whole row. Raises UserError for other content."""
    lines = text.split("\n")
    rows = []
    for line in lines[:-1]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError("a line of it is not JSON") from error
        if not isinstance(row, dict) or not isinstance(row.get("path"), str):
            raise UserError("a line of it is no result of avdf predict")
        rows.append(row)
    return rows, "".join(f"{line}\n" for line in lines[:-1])


def _csv_line(values: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
