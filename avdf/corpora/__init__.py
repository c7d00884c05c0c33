"""Corpora: a data set on disk -> clip table."""
