"""A search for settings: many short trainings, each judged on the validation part (docs/sweep.md)."""
