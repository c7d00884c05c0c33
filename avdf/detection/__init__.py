"""A saved detector on media files."""
