"""A detector behind a local page and a JSON API. Needs the extra `serve`."""
