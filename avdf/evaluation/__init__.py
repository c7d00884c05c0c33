"""Score table -> thresholds, metrics and intervals: pure functions on arrays, without torch."""
