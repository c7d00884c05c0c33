"""The drawings of an audit."""
