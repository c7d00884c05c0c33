"""Experiments: config -> run folder."""
