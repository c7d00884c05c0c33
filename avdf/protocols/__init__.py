"""Reads a corpus as its description says: protocol files and folders -> clip table and skipped files."""
