"""Groups of identities, their error counts per person, and the status of a metric by number of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avdf.evaluation.bins import UNKNOWN, order_of
from avdf.evaluation.columns import MOST_GROUPS
from avdf.evaluation.counts import Floats
from avdf.evaluation.harms import HARMS
from avdf.evaluation.identities import IdentitySums, crossed
from avdf.evaluation.intervals import Estimate, rate_interval

Status = Literal["undefined", "suppressed", "low", "caution", "ok"]
SUPPRESSED_UNDER, RANKED_FROM, OK_FROM = 5, 20, 50  # people in the class that a metric is about
REASONS = {
    "undefined": "no person with such clips",
    "suppressed": f"fewer than {SUPPRESSED_UNDER} people: counts only",
    "low": f"fewer than {RANKED_FROM} people: shown, not ranked",
    "caution": f"fewer than {OK_FROM} people: read with care",
    "ok": "",
}
CROSSING = " x "


@dataclass(frozen=True, kw_only=True)
class Group:
    """One value of an attribute (race, or a crossing: race x gender) and the cells that hold it."""

    attribute: str
    name: str
    cells: NDArray[np.bool_]

    @property
    def is_known(self) -> bool:
        return self.name != UNKNOWN


def attribute_order(groups: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The group columns in the order of the table's columns.

    >>> attribute_order(["gender", "race"], ["clip", "race", "gender"])
    ['race', 'gender']
    """
    return [name for name in columns if name in groups]


def groups_of(sums: IdentitySums, columns: Sequence[str]) -> list[Group]:
    """The groups of every column and, of two columns or more, of their crossing; `unknown` comes last.

    A crossing of more than MOST_GROUPS is left out.
    """
    groups = [
        Group(attribute=name, name=value, cells=sums.where(number, value))
        for number, name in enumerate(columns)
        for value in _sorted({cell[number] for cell in sums.cells})
    ]
    if len(columns) > 1:
        names = np.array([crossed(cell) for cell in sums.cells], dtype=object)
        attribute, crossing = CROSSING.join(columns), _sorted(set(names))
        if len(crossing) <= MOST_GROUPS:
            groups += [Group(attribute=attribute, name=name, cells=names == name) for name in crossing]
    return groups


def error_counts(sums: IdentitySums, harm: str, cells: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Error and clip counts per person, each (num_people,); persons without such clips are left out.

    `fpr` counts real clips called fake among real clips, `fnr` fakes called real among fakes.
    """
    _, errors, clips = named_error_counts(sums, harm, cells)
    return errors, clips


def named_error_counts(
    sums: IdentitySums, harm: str, cells: NDArray[np.bool_]
) -> tuple[NDArray[np.str_], Floats, Floats]:
    """The people of `error_counts`, sorted, and their counts."""
    errors, clips = (sums.fn, sums.num_fake) if HARMS[harm].of_fakes else (sums.fp, sums.num_real)
    inside = cells[sums.cell] & (clips > 0)
    # A person has several units if some rows lack a group, and still counts once.
    names, person = np.unique(sums.identity[inside].astype(str), return_inverse=True)
    return names, _per_person(person, errors[inside]), _per_person(person, clips[inside])


def rate_of(sums: IdentitySums, harm: str, cells: NDArray[np.bool_]) -> Estimate:
    """The FPR or FNR of the people in the cells, with its interval."""
    return rate_interval(*error_counts(sums, harm, cells), sums.copies)


def status_of(num_identities: int) -> Status:
    """The status of a metric that is computed from so many people.

    >>> status_of(4), status_of(19), status_of(50)
    ('suppressed', 'low', 'ok')
    """
    if num_identities == 0:
        return "undefined"
    if num_identities < SUPPRESSED_UNDER:
        return "suppressed"
    if num_identities < RANKED_FROM:
        return "low"
    return "caution" if num_identities < OK_FROM else "ok"


def _sorted(names: set[str]) -> list[str]:
    parts = {name: [order_of(part) for part in name.split(CROSSING)] for name in names}
    return sorted(names, key=lambda name: (name == UNKNOWN, parts[name]))


def _per_person(person: NDArray[np.intp], counts: Floats) -> Floats:
    return np.bincount(person, weights=counts).astype(np.float64)
