"""What every augmentation's config refuses: a probability that is none, a range that is empty or absurd."""

from typing import Any


def check_probability(config: Any) -> None:
    """Raises ValueError, the field's name first, unless 0 <= probability <= 1."""
    if not 0 <= config.probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, got {config.probability}")


def check_range(config: Any, low: str, high: str, *, lowest: float, highest: float) -> None:
    """Raises ValueError, the field's name first, unless lowest <= low <= high <= highest."""
    for name in (low, high):
        if not lowest <= getattr(config, name) <= highest:
            raise ValueError(f"{name} must be from {lowest:g} to {highest:g}, got {getattr(config, name)}")
    if getattr(config, low) > getattr(config, high):
        raise ValueError(f"{low} must be <= {high}, got {getattr(config, low)} and {getattr(config, high)}")
