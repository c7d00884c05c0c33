"""Derived corpora: copies of the real clips of a corpus, made by fakers, each with its parent noted."""
