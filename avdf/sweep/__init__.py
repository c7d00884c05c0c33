"""Hyperparameter search: many short trainings, each judged on the validation split (docs/sweep.md)."""
