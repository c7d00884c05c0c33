"""The HTML pages of an audit."""
