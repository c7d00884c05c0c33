"""Score table -> thresholds and figures: pure functions on arrays, no torch."""
