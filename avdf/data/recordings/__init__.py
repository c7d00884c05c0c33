"""Recordings: which clips carry the same one, and whose voice it is."""
