"""Parquet files as tables of text, block by block; needs the package pyarrow (extra `parquet`)."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.errors import TableError
from avdf.files import MAX_TABLE_BYTES
from avdf.table_files import cell_text

_ROWS_AT_ONCE = 1 << 16
_FEWEST_BYTES = 2  # of a cell in a CSV: a million columns of repeated nulls take no room in a Parquet file


def parquet_blocks(path: Path, max_bytes: int = MAX_TABLE_BYTES) -> Iterator[dict[str, list[Any]]]:
    """Blocks of rows by column: cells are the text that a CSV would hold, or lists; nulls and NaN are "".

    Whole numbers have no decimal point, since pandas writes 7 as 7.0 where a column has blanks. The members
    of a struct are columns called STRUCT.MEMBER; columns of bytes (embedded media) and maps are left out.
    Raises TableError for a damaged file and one of more than `max_bytes`, unpacked; ModuleNotFoundError
    without pyarrow.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        if not path.is_file():  # a pipe or a device may never end
            raise TableError(f"{path}: is not a regular file")
        with parquet.ParquetFile(path) as opened:
            columns = list(_readable(opened.schema_arrow))
            kinds = dict(columns)
            if doubled := sorted(
                name for name, num in Counter(name for name, _ in columns).items() if num > 1
            ):
                raise TableError(
                    f"{path}: two columns are called {doubled[0]!r}; rename or remove one of them"
                )
            texts = [
                name
                for name, kind in kinds.items()
                if pa.types.is_string(kind) or pa.types.is_large_string(kind)
            ]
            facts = opened.metadata
            size = sum(facts.row_group(number).total_byte_size for number in range(facts.num_row_groups))
            if max(size, facts.num_rows * len(kinds) * _FEWEST_BYTES) > max_bytes:
                raise TableError(
                    f"{path}: is larger than {max_bytes / 1e6:.0f} MB, unpacked; leave out columns"
                )
        # Texts that are stored once are kept once in memory.
        with parquet.ParquetFile(path, read_dictionary=texts) as opened:
            for batch in opened.iter_batches(_ROWS_AT_ONCE, columns=list(kinds)):
                table = pa.Table.from_batches([batch])
                while any(pa.types.is_struct(column.type) for column in table.columns):
                    table = table.flatten()
                yield {name: _cells(table[name]) for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"{path}: can't be read as Parquet ({str(error).splitlines()[0]:.120})") from error


def parquet_table(path: Path, max_bytes: int = MAX_TABLE_BYTES) -> pd.DataFrame:
    """A Parquet file as a table of text. Raises as `parquet_blocks`, and TableError for one without rows."""
    columns: dict[str, list[str]] = {}
    for block in parquet_blocks(path, max_bytes):
        for name, cells in block.items():
            columns.setdefault(name, []).extend(str(cell) for cell in cells)
    if not columns:
        raise TableError(f"{path}: holds no rows, or no columns of text and numbers")
    return pd.DataFrame(columns, dtype=str)


def _readable(schema: Any) -> Iterator[tuple[str, Any]]:
    """The paths and types of the columns whose values are text, numbers, times or lists of them."""
    import pyarrow as pa

    for field in schema:
        if pa.types.is_struct(field.type):
            yield from ((f"{field.name}.{name}", kind) for name, kind in _readable(field.type))
        elif not (_is_bytes(field.type) or pa.types.is_map(field.type)):
            yield field.name, field.type


def _is_bytes(kind: Any) -> bool:
    import pyarrow as pa

    of_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    kind = kind.value_type if of_list or pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _cells(column: Any) -> list[Any]:
    import pyarrow as pa

    cells: list[Any] = []
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type):
            words = list(map(_cell, chunk.dictionary.to_pylist()))
            cells += ["" if place is None else words[place] for place in chunk.indices.to_pylist()]
        else:
            cells += map(_cell, chunk.to_pylist())
    return cells


def _cell(value: Any) -> Any:
    return value if isinstance(value, list) else cell_text(value)
