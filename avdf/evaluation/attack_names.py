"""Which attack made a fake, from the columns of a score table."""

import pandas as pd

from avdf.errors import TableError, nearest
from avdf.evaluation.bins import UNKNOWN
from avdf.evaluation.columns import words

OF_FAKE = "attack_of_fake"  # the column that a checked table gets: the attack of a fake, "" of a real clip
_COLUMNS = ("audio_attack", "video_attack")
_BLANK = ("", "-", "none", "nan", "bonafide", "bona-fide", "real")


def attack_of_fakes(table: pd.DataFrame, column: str | None = None) -> pd.Series | None:
    """The attack of each fake of a checked table, "" for real clips; None if the table does not say.

    `column` names it. Without, it is the column attack, or that of audio_attack and video_attack which has
    a name for the fakes alone; where neither has (a fake is one whose sound or picture is), both names.
    Raises TableError if there is no such column.
    """
    if column and column not in table:
        near = nearest(column, list(map(str, table.columns))).removeprefix(";")
        raise TableError(f"--attack: no column {column!r}{near}")
    names = [column] if column else ["attack"] if "attack" in table else [c for c in _COLUMNS if c in table]
    if not names:
        return None
    texts = [words(table[name]) for name in names]
    plain = [text.where(~text.str.lower().isin(_BLANK), "") for text in texts]
    fake = table["is_fake"].to_numpy(bool)
    exact = [text for text in plain if ((text != "").to_numpy() == fake).all()]
    attack = exact[0] if exact else _joined(plain)
    return attack.where(attack != "", UNKNOWN).where(fake, "")


def _joined(texts: list[pd.Series]) -> pd.Series:
    """The names of a row, each once, with + between them."""
    pairs = zip(*texts, strict=True)
    return pd.Series(["+".join(dict.fromkeys(filter(None, pair))) for pair in pairs], index=texts[0].index)
