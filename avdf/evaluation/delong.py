"""Two AUCs of the same clips compared without resampling: DeLong's test, and the same over people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avdf.evaluation.counts import Floats, check_labels_and_scores

NAN = float("nan")
_Z = 1.959963984540054  # of a 95 % interval


@dataclass(frozen=True, kw_only=True)
class AucTest:
    """Second minus first AUC with its standard error, 95 % interval, z and two-sided p; NaN if undefined."""

    difference: float = NAN
    standard_error: float = NAN
    low: float = NAN
    high: float = NAN
    z: float = NAN
    p: float = NAN


def compare_aucs(
    is_fake: ArrayLike, first: ArrayLike, second: ArrayLike, identity: ArrayLike | None = None
) -> AucTest:
    """Tests "both have the same AUC" for (num_clips,) labels and two scores of the same clips.

    Without `identity` every clip is independent (DeLong et al., Biometrics 1988). With it people are
    (Obuchowski, Biometrics 1997), which is the same if every person has one clip. NaN with fewer than two
    people in a class, and z and p where the standard error is 0.
    """
    fake, _ = check_labels_and_scores(is_fake, first)
    who = np.arange(len(fake)) if identity is None else np.asarray(identity, dtype=object).astype(str)
    _, person = np.unique(who, return_inverse=True)
    people = [np.unique(person[rows]) for rows in (fake, ~fake)]
    if min(map(len, people)) < 2:
        return AucTest()
    aucs, sums = zip(*(_placements(fake, score, person) for score in (first, second)), strict=True)
    difference = float(aucs[1] - aucs[0])
    variance = _variance(sums[1] - sums[0], [len(names) for names in people], fake)
    error = float(np.sqrt(max(variance, 0.0)))
    if error == 0.0:
        return AucTest(difference=difference, standard_error=0.0, low=difference, high=difference)
    from scipy.special import ndtr

    return AucTest(
        difference=difference,
        standard_error=error,
        low=difference - _Z * error,
        high=difference + _Z * error,
        z=difference / error,
        p=float(2.0 * ndtr(-abs(difference) / error)),
    )


def _placements(fake: NDArray[np.bool_], score: ArrayLike, person: NDArray[np.intp]) -> tuple[float, Floats]:
    """The AUC, and per class (fake, real) and person the sum over clips of placement value minus AUC.

    The placement of a fake is the share of real clips below it, that of a real clip the share of fakes above.
    """
    _, value = check_labels_and_scores(fake, score)
    fakes, reals = value[fake], value[~fake]
    of_fakes = _share_below(fakes, reals)
    of_reals = 1.0 - _share_below(reals, fakes)
    auc = float(of_fakes.mean())
    num = int(person.max()) + 1
    sums = [
        np.bincount(person[rows], weights=placement - auc, minlength=num)
        for rows, placement in ((fake, of_fakes), (~fake, of_reals))
    ]
    return auc, np.stack(sums)


def _share_below(values: Floats, others: Floats) -> Floats:
    """The share of `others` below each value; an equal one counts half."""
    ordered = np.sort(others)
    below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((below + up_to) / (2.0 * len(others)), dtype=np.float64)


def _variance(sums: Floats, num_people: list[int], fake: NDArray[np.bool_]) -> float:
    """S10 / m + S01 / n + 2 S11 / (m n), of (2, num_people) sums of the difference of placements."""
    num_fake, num_real, num = float(fake.sum()), float((~fake).sum()), sums.shape[1]
    of_fakes = num_people[0] / (num_people[0] - 1) * float(sums[0] @ sums[0]) / num_fake**2
    of_reals = num_people[1] / (num_people[1] - 1) * float(sums[1] @ sums[1]) / num_real**2
    both = num / (num - 1) * float(sums[0] @ sums[1]) / (num_fake * num_real)
    return float(of_fakes + of_reals + 2.0 * both)
