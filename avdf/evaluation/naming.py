"""Score tables of others: their column names, their words for real and fake, files without a header."""

from collections.abc import Mapping, Sequence

import pandas as pd

from avdf.errors import TableError, nearest
from avdf.evaluation.columns import LABEL_WORDS, plain_words, rows_named, some, words
from avdf.table_files import FAKE_WORDS

_LAYOUTS = {  # number of fields -> names, of score files without a header
    2: ("clip", "score"),
    3: ("clip", "is_fake", "score"),
    4: ("clip", "audio_attack", "is_fake", "score"),
}


def headerless_names(fields: Sequence[str]) -> tuple[str, ...] | None:
    """The column names of a score file of ASVspoof by the fields of its first line; None for a header.

    Such files hold `clip score`, `clip label score` or `clip attack label score`.

    >>> headerless_names(["LA_E_1", "A07", "spoof", "-3.2"])
    ('clip', 'audio_attack', 'is_fake', 'score')
    """
    names = _LAYOUTS.get(len(fields))
    if names is None or not _is_number(fields[-1]):
        return None
    if "is_fake" not in names:
        return names
    return names if plain_words(pd.Series([fields[-2]]))[0] in LABEL_WORDS else None


def renamed(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The table with columns renamed as in {"cm-score": "score"}; a column of the new name is dropped.

    Raises TableError where a column is missing.
    """
    changed = {old: new for old, new in names.items() if old != new}
    have = [str(name) for name in table.columns]
    for old, new in changed.items():
        if old not in have:
            option = "--label" if new == "is_fake" else f"--{new}"
            near = nearest(old, have).removeprefix(";")
            raise TableError(f"{option}: no column {old!r}{near} (have: {', '.join(have)})")
    dropped = [new for new in changed.values() if new in have and new not in changed]
    return table.drop(columns=dropped).rename(columns=changed)


def labelled(table: pd.DataFrame, fake: Sequence[str], name: str) -> pd.DataFrame:
    """The table with is_fake as 0 or 1 where it is one of the values `fake`; `name` is the column as given.

    The other values must be one value, or known words for real. Raises TableError that names those that
    are neither.
    """
    texts = words(table["is_fake"])
    plain = plain_words(texts)
    wanted = list(plain_words(pd.Series(list(fake), dtype=object)))
    values = dict(zip(plain, texts, strict=True))
    if missing := [value for value, word in zip(fake, wanted, strict=True) if word not in values]:
        have = some([repr(text) for text in sorted(values.values())])
        raise TableError(f"--fake {missing[0]}: no row has it in the column {name} (have: {have})")
    blank = texts == ""
    if blank.any():
        raise TableError(f"{name} must say what each clip is; {rows_named(table, blank, 'is_fake')}")
    others = [word for word in values if word not in wanted]
    unknown = [word for word in others if LABEL_WORDS.get(word) != 0.0]
    if unknown and (len(others) > 1 or unknown[0] in FAKE_WORDS):
        listed = some([f"{values[word]!r} ({int((plain == word).sum())} rows)" for word in sorted(unknown)])
        raise TableError(
            f"{name}: {listed} is neither {' nor '.join(map(repr, fake))} nor a word for real; name all "
            "values that mean fake with --fake, or leave those rows out"
        )
    return table.assign(is_fake=plain.isin(wanted).astype("int64"))


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
