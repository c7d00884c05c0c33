"""Numbers and names as people read them: percents, points, p-values, counts."""

from collections.abc import Sequence
from typing import Any

METRIC_NAMES = {
    "fpr": "FPR",
    "fnr": "FNR",
    "f2": "F2",
    "f2_at_prevalence": "F2 at prevalence",
    "precision": "precision",
    "accuracy": "accuracy",
    "auc": "AUC",
    "eer": "EER",
    "brier": "Brier",
    "ece": "ECE",
}
IN_PERCENT = {"fpr", "fnr", "precision", "accuracy", "eer"}
NOTHING = "–"


def percent(value: float | None, decimals: int = 1) -> str:
    return NOTHING if value is None else f"{100 * value:.{decimals}f}\u00a0%"


def points(value: float | None) -> str:
    """A difference of two rates, in percentage points."""
    return NOTHING if value is None else f"{_signed(100 * value, 1)}\u00a0points"


def figure(value: float | None, metric: str) -> str:
    """A figure as its metric is read: rates in percent, the others with three decimals."""
    if value is None:
        return NOTHING
    return percent(value) if metric in IN_PERCENT else _signed(value, 3)


def span(ends: Sequence[float | None], metric: str) -> str:
    """An interval: "26.1 to 32.3 %"."""
    low, high = ends
    if low is None or high is None:
        return NOTHING
    if metric == "points":
        return f"{_signed(100 * low, 1)} to {_signed(100 * high, 1)}"
    if metric in IN_PERCENT:
        return f"{100 * low:.1f} to {100 * high:.1f}\u00a0%"
    return f"{_signed(low, 3)} to {_signed(high, 3)}"


def p_text(p: float | None) -> str:
    if p is None:
        return NOTHING
    return f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def count(value: Any) -> str:
    """A whole number with thin spaces between thousands."""
    return NOTHING if value is None else f"{int(value):,}".replace(",", "\u202f")


def people(num: int) -> str:
    return "1 person" if num == 1 else f"{num} people"


def short(name: str, longest: int = 60) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def listed(names: Sequence[str], most: int = 5) -> str:
    """ "A, B and 3 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(short(name) for name in names[:most]) + more


def _signed(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", "\u2212")
