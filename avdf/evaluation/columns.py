"""Columns of a score table, cleaned and checked; errors name clips or identities."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from avdf.config.schema import SPLITS
from avdf.errors import TableError
from avdf.evaluation.bins import UNKNOWN, suggested_edges
from avdf.table_files import BLANKS, FAKE_WORDS, NOBODY, REAL_WORDS

_BLANK = {"", "-", "?", UNKNOWN}  # of a column of text; NA, None, nan and null are names there
MOST_GROUPS = 500  # of one column
MOSTLY = 0.5  # a column in which a larger share of the people has several groups is one of clips
OF_PEOPLE = ("race", "gender", "sex", "ethnicity", "nationality")
LABEL_WORDS = {
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n", *REAL_WORDS), 0.0),
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", *FAKE_WORDS), 1.0),
}
_BLANKS_INSIDE = re.compile(r"[^\S\r\n]+")  # no-break spaces and tabs, too
_WHOLE = re.compile(r"^([+-]?\d+)\.0+$")


def labels(table: pd.DataFrame) -> pd.Series:
    """The column is_fake as booleans; text such as real and fake, bonafide and spoof is understood."""
    column = table["is_fake"]
    if column.dtype == bool or pd.api.types.is_numeric_dtype(column):
        values = column.astype("float64")
    else:
        values = plain_words(column).map(LABEL_WORDS).astype("float64")
    wrong = ~values.isin([0.0, 1.0])
    if wrong.any():
        raise TableError(
            f"is_fake must be 0 (real) or 1 (fake), or real and fake, or bonafide and spoof; "
            f"{rows_named(table, wrong, 'is_fake')}; name other values that mean fake with --fake"
        )
    return values == 1.0


def plain_words(column: pd.Series) -> pd.Series:
    """Labels as keys of LABEL_WORDS: lower case, `-` and `_` as blanks, bona fide as one word."""
    plain = words(column).str.lower().str.replace("[-_]", " ", regex=True)
    return plain.str.replace("bona fide", "bonafide")


def finite(table: pd.DataFrame, name: str, *, may_be_blank: bool = False) -> pd.Series:
    """A column as finite numbers; NaN where it is blank, if it may be."""
    numbers = pd.to_numeric(table[name].astype(object), errors="coerce").astype("float64")
    wrong = pd.Series(~np.isfinite(numbers.to_numpy()), index=table.index)
    if may_be_blank and wrong.any():
        blank = words(table.loc[wrong, name]).str.lower().isin(BLANKS)
        wrong[wrong] = ~blank.to_numpy()
    if wrong.any():
        raise TableError(
            f"{name} must be a finite number; {rows_named(table, wrong, name)}; "
            f"{_remedy_of_number(name, words(table.loc[wrong, name]))}"
        )
    return numbers


def _remedy_of_number(name: str, texts: pd.Series) -> str:
    if name == "threshold":
        return "give every row its threshold, or leave out the column"
    missing = texts.str.lower().isin((*BLANKS, "inf", "-inf", "infinity", "-infinity"))
    return "score those clips again" if missing.any() else "write plain numbers such as 0.75"


def splits(table: pd.DataFrame) -> pd.Series:
    """The column split as text; train, validation and test are read in any case, and blanks are refused."""
    column = words(table["split"])
    lower = column.str.lower()
    column = column.where(~lower.isin(SPLITS), lower)
    if (column == "").any():
        named = rows_named(table, column == "", "split")
        raise TableError(
            f"split must be {SPLITS[0]}, {SPLITS[1]} or {SPLITS[2]} in every row; {named}; fill the column "
            "in, or leave it out if all rows are test"
        )
    return column


def have_names(table: pd.DataFrame) -> pd.Series:
    """The rows that name their clip; rows without a name cannot be compared by clip."""
    return table["clip"].notna() & (table["clip"] != "")


def each_clip(table: pd.DataFrame) -> pd.Series:
    """A name for the person of each clip where nobody knows the people: the clip, or its row."""
    rows = pd.Series([f"row {number + 1}" for number in range(len(table))], index=table.index, dtype=object)
    if "clip" not in table:
        return rows
    names = words(table["clip"])
    return names.where(names != "", rows)


def identities(table: pd.DataFrame, name: str) -> pd.Series:
    """The column of people as text; every row must have one."""
    column = words(table[name])
    blank = column.str.lower().isin(NOBODY)
    if blank.any():
        raise TableError(f"{name} must say who it is in every row; {rows_named(table, blank, name)}")
    return _whole_numbers(column)


def group_names(column: pd.Series) -> pd.Series:
    """Group names with outer blanks removed and spellings that differ in case joined to the most frequent.

    Blanks become `unknown`. NA, None, nan and null are names in a column of text, blanks in one of numbers.
    """
    texts = _whole_numbers(words(column))
    counts = texts.value_counts()
    most_frequent: dict[str, str] = {}
    for word in sorted(counts.index, key=lambda word: (-counts[word], word)):
        most_frequent.setdefault(word.casefold(), word)
    blank = BLANKS if are_numbers(counts.index) else _BLANK
    names = {
        word: UNKNOWN if word.casefold() in blank else most_frequent[word.casefold()] for word in counts.index
    }
    return texts.map(names)


def _whole_numbers(texts: pd.Series) -> pd.Series:
    """7.0 as 7, in a column of numbers alone."""
    if not texts.str.endswith("0").any() or not are_numbers(texts.unique()):
        return texts
    return texts.map({text: _WHOLE.sub(r"\1", text) for text in texts.unique()})


def are_numbers(texts: Iterable[str]) -> bool:
    """Whether all texts that are not blank are numbers, and there is one."""
    rest = [text for text in texts if text.casefold() not in BLANKS]
    return bool(rest) and bool(pd.to_numeric(pd.Series(rest), errors="coerce").notna().all())


def check_one_group_each(table: pd.DataFrame, name: str) -> None:
    """Raises TableError where a person has two groups of an attribute; `unknown` is not counted.

    A column in which most people have several groups is one of clips, such as codecs, unless its name is
    in OF_PEOPLE or it holds numbers, which need bins.
    """
    num_several, num_people, several = people_in_several(table, name)
    if several.empty:
        return
    has_numbers = are_numbers(table.loc[table[name] != UNKNOWN, name].unique())
    if num_several > MOSTLY * num_people and not has_numbers and name.lower() not in OF_PEOPLE:
        return
    groups = several.groupby("identity", sort=True)[name].agg(lambda values: " and ".join(sorted(values)))
    remedy = f"correct the column {name}, or name another --identity column"
    if has_numbers:
        edges = suggested_edges(table.loc[table[name] != UNKNOWN, name].astype(float).to_numpy())
        remedy = f"to allow several numbers per person, put them into bins, as with --bins {name}={edges}"
    people = some([f"{identity} ({names})" for identity, names in groups.items()])
    raise TableError(f"a person belongs to one {name}, and these to several: {people}; {remedy}")


def people_in_several(table: pd.DataFrame, name: str) -> tuple[int, int, pd.DataFrame]:
    """How many people have several groups, of how many with at least two clips; and (identity, group)."""
    rows = table.loc[table[name] != UNKNOWN, ["identity", name]]
    known = rows.drop_duplicates()
    several = known[known["identity"].duplicated(keep=False)]
    if several.empty:
        return 0, 0, several
    num_clips = rows["identity"].value_counts()
    return int(several["identity"].nunique()), int((num_clips > 1).sum()), several


def check_number_of_groups(table: pd.DataFrame, name: str) -> None:
    """Raises TableError for a column of so many groups that an audit would take minutes to hours."""
    num = int(table[name].nunique())
    if num > MOST_GROUPS:
        raise TableError(
            f"{name} has {num} groups, more than {MOST_GROUPS}; join them to fewer, put numbers into bins "
            "with --bins, or name another column"
        )


def check_one_label_each(table: pd.DataFrame) -> None:
    """Raises TableError where a clip is listed as real and as fake."""
    num_labels = table[have_names(table)].groupby("clip", sort=True)["is_fake"].nunique()
    both = num_labels[num_labels > 1].index
    if len(both):
        raise TableError(
            f"{len(both)} clips are listed as real and as fake: {some([str(clip) for clip in both])}; "
            "keep one row per clip (a merge by a column that is not unique makes such rows)"
        )


def words(column: pd.Series) -> pd.Series:
    """A column of any type as text: outer blanks removed, inner ones single, letters composed (NFC).

    Each distinct value is handled once.
    """
    try:
        codes, values = pd.factorize(column.astype(object))
    except TypeError:  # lists cannot be hashed
        codes, values = pd.factorize(column.map(str))
    texts = np.array([_text(value) for value in values] + [""], dtype=object)
    return pd.Series(texts[codes], index=column.index, dtype=object)  # code -1, missing, picks the last


def rows_named(table: pd.DataFrame, wrong: pd.Series, name: str) -> str:
    """Names the rows of a mask by clip or row number, with their value in column `name`."""
    rows = table[wrong]
    keys = words(rows["clip"]) if "clip" in rows else [f"row {number + 1}" for number in rows.index]
    return some([f"{key} ({name}={value!s})" for key, value in zip(keys, rows[name], strict=True)])


def some(items: list[str]) -> str:
    """The first five items and the number of the others."""
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return ", ".join(items[:5]) + more


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # pandas reads 1,,3 as 1.0, NaN, 3.0
    return unicodedata.normalize("NFC", _BLANKS_INSIDE.sub(" ", str(value)).strip())
