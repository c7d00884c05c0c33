"""Which columns a score table must have; a missing one is answered with the name to correct."""

import re
import shlex
from collections.abc import Sequence

import pandas as pd

from avdf.errors import TableError, UserError, nearest

_SYNONYMS = {  # the first of these that the table has is named if the column is missing
    "is_fake": ("isfake", "label", "target", "key", "y", "isspoof", "class", "groundtruth"),
    "score": ("score", "scores", "prob", "probability", "prediction", "pred", "logit", "llr", "cmscore"),
}
_MEANING = {
    "is_fake": "is_fake is 0 for real, 1 for fake; name another column with --label COLUMN",
    "score": "score is a number, higher for fake (or name it with --higher-is bonafide); name another column "
    "with --score COLUMN",
}
_OPTIONS = {"is_fake": "--label", "score": "--score"}
_PEOPLE = ("speaker", "speakerid", "spk", "spkid", "voice", "person", "personid", "subject", "identity")


def check_names(table: pd.DataFrame) -> None:
    """Raises TableError for two columns of one name, and where is_fake or score is missing."""
    have = [str(name) for name in table.columns]
    doubled = sorted({name for name in have if have.count(name) > 1})
    if doubled:
        raise TableError(f"two columns are called {doubled[0]!r}; rename or remove one of them")
    for name, meaning in _MEANING.items():
        if name in have:
            continue
        other = next((word for word in have if _letters(word) in _SYNONYMS[name]), None)
        remedy = f"name it with {_OPTIONS[name]} {shlex.quote(other)}" if other else meaning
        if have == ["clip", "score"]:
            remedy = "name the list that has the labels with --protocol FILE --corpus NAME"
        elif any(_is_number(word) for word in have):
            remedy = f"the first line must name the columns; {remedy}"
        raise TableError(f"no column {name!r} (have: {', '.join(have)}); {remedy}")


def people_like(table: pd.DataFrame) -> str | None:
    """A column that seems to say who speaks, by its name."""
    return next((str(name) for name in table.columns if _letters(str(name)) in _PEOPLE), None)


def check_people(
    table: pd.DataFrame, identity: str | None, groups: Sequence[str], reserved: Sequence[str]
) -> None:
    """Raises TableError where the column of people or a group is missing, UserError for a reserved group.

    `identity` is None where each clip is taken as a person.
    """
    for name in groups:
        if name in (*reserved, identity):
            raise UserError(f"--groups {name}: is not a group of people; name columns such as race or gender")
    have = [str(name) for name in table.columns]
    if identity is not None and identity not in have:
        raise TableError(
            f"no column {identity!r}{_near(identity, have)}; name the column that says whose voice or face "
            "it is with --identity COLUMN"
        )
    for name in groups:
        if name in have:
            continue
        remedy = "name the columns to audit with --groups COLUMN ..."
        if "," in name:
            remedy = f"separate columns by spaces: {' '.join(name.replace(',', ' ').split())}"
        raise TableError(f"no column {name!r}{_near(name, have)}; {remedy}")


def _near(name: str, have: Sequence[str]) -> str:
    return nearest(name, have).removeprefix(";")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
