"""Who is in which group, and how often each group's clips are called wrongly, with status by people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avdf.evaluation.curves import Floats
from avdf.evaluation.identities import Tally, crossed
from avdf.evaluation.intervals import Estimate, rate_interval
from avdf.evaluation.scores import UNKNOWN

Status = Literal["undefined", "suppressed", "low", "caution", "ok"]
SUPPRESSED_UNDER, RANKED_FROM, OK_FROM = 5, 20, 50  # people in the class that a figure is about
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
    """One value of one attribute ("race", or a crossing, "race x gender") and the cells that hold it."""

    attribute: str
    name: str
    cells: NDArray[np.bool_]

    @property
    def is_known(self) -> bool:
        return self.name != UNKNOWN


def attribute_order(groups: Sequence[str]) -> list[str]:
    """The columns in the order of every report, however they were typed: race, gender, then by name."""
    first = {"race": 0, "gender": 1}
    return sorted(dict.fromkeys(groups), key=lambda name: (first.get(name, 2), name))


def groups_of(folded: Tally, columns: Sequence[str]) -> list[Group]:
    """Every group of every column and, of two columns or more, of their crossing; `unknown` comes last."""
    found = [
        Group(attribute=name, name=value, cells=folded.where(at, value))
        for at, name in enumerate(columns)
        for value in _sorted({cell[at] for cell in folded.cells})
    ]
    if len(columns) > 1:
        spelt = np.array([crossed(cell) for cell in folded.cells], dtype=object)
        attribute = CROSSING.join(columns)
        found += [Group(attribute=attribute, name=name, cells=spelt == name) for name in _sorted(set(spelt))]
    return found


def error_counts(folded: Tally, metric: str, cells: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(errors, rows), one a person with such clips: `fpr` counts real clips accused, `fnr` fakes missed."""
    errors, rows = {"fpr": (folded.accused, folded.num_real), "fnr": (folded.missed, folded.num_fake)}[metric]
    inside = cells[folded.cell] & (rows > 0)
    # A person some of whose rows lack another group stands in two cells, and is still one person.
    _, person = np.unique(folded.identity[inside].astype(str), return_inverse=True)
    return _per_person(person, errors[inside]), _per_person(person, rows[inside])


def rate_of(folded: Tally, metric: str, cells: NDArray[np.bool_]) -> Estimate:
    """A group's FPR or FNR with its interval over people."""
    return rate_interval(*error_counts(folded, metric, cells), folded.copies)


def status_of(num_identities: int) -> Status:
    """What a figure that rests on so many people may be used for."""
    if num_identities == 0:
        return "undefined"
    if num_identities < SUPPRESSED_UNDER:
        return "suppressed"
    if num_identities < RANKED_FROM:
        return "low"
    return "caution" if num_identities < OK_FROM else "ok"


def _sorted(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (name == UNKNOWN, name))


def _per_person(person: NDArray[np.intp], counts: Floats) -> Floats:
    return np.bincount(person, weights=counts).astype(np.float64)
