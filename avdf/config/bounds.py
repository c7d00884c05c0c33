"""Checks of numbers in configs; every message starts with the field's name, so a dotted key can precede it.

Each check raises ValueError. None passes: the field was left out. NaN passes no check.
"""

import math
from typing import Any


def check_at_least(config: Any, *names: str, lowest: float = 1) -> None:
    """lowest <= value, and finite."""
    for name, value in _values(config, names):
        if not lowest <= value < math.inf:
            raise ValueError(f"{name} must be >= {lowest:g}, got {value}")


def check_within(config: Any, *names: str, lowest: float, highest: float) -> None:
    """lowest <= value <= highest."""
    for name, value in _values(config, names):
        if not lowest <= value <= highest:
            raise ValueError(f"{name} must be from {lowest:g} to {highest:g}, got {value}")


def check_positive(config: Any, *names: str, highest: float | None = None) -> None:
    """0 < value (<= highest), and finite."""
    for name, value in _values(config, names):
        if not 0 < value < math.inf or (highest is not None and value > highest):
            bounds = "> 0" if highest is None else f"above 0 and at most {highest:g}"
            raise ValueError(f"{name} must be {bounds}, got {value}")


def check_share(config: Any, *names: str) -> None:
    """0 <= value < 1."""
    for name, value in _values(config, names):
        if not 0 <= value < 1:
            raise ValueError(f"{name} must be a share from 0 to below 1, got {value}")


def check_between(config: Any, *names: str) -> None:
    """0 < value < 1."""
    for name, value in _values(config, names):
        if not 0 < value < 1:
            raise ValueError(f"{name} must be between 0 and 1, got {value}")


def check_probability(config: Any) -> None:
    """0 <= probability <= 1."""
    check_within(config, "probability", lowest=0, highest=1)


def check_range(config: Any, low: str, high: str, *, lowest: float, highest: float) -> None:
    """lowest <= low <= high <= highest."""
    check_within(config, low, high, lowest=lowest, highest=highest)
    if getattr(config, low) > getattr(config, high):
        raise ValueError(f"{low} must be <= {high}, got {getattr(config, low)} and {getattr(config, high)}")


def _values(config: Any, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(name, getattr(config, name)) for name in names if getattr(config, name) is not None]
