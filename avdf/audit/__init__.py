"""Audit of a score table at a frozen threshold: audit.json, audit.html, tables, figures."""
