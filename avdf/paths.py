"""Paths as people type them and as messages show them: `~` and `$VAR` expanded, odd characters escaped."""

import os
import re
from pathlib import Path

from avdf.errors import UserError

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")


def expand_path(text: str) -> str:
    """`text` with `~` and `$VAR` or `${VAR}` replaced; text that names an existing file stays as it is.

    Raises UserError for an empty path and for a variable that is not set.

    >>> os.environ["DATA_SETS"] = "/data"
    >>> expand_path("$DATA_SETS/FakeAVCeleb_v1.2")
    '/data/FakeAVCeleb_v1.2'
    """
    if not text or "\0" in text:
        raise UserError(f"{text!r} cannot be a path; name a file or folder")
    if "$" in text and not os.path.lexists(text):
        text = _VARIABLE.sub(_value_of, text)
    return os.path.expanduser(text) if text.startswith("~") else text


def printable(path: str | Path) -> str:
    r"""A path or message on one line: control characters and bytes that are not UTF-8 are escaped.

    >>> printable("two\nlines.wav")
    'two\\nlines.wav'
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in str(path)
    )


def utf8_path(path: str | Path) -> str:
    """A path as valid UTF-8: bytes of a name that are not are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def suffix_of(name: str) -> str:
    """The suffix of a file name as pathlib gives it, without making a path of each of many names.

    >>> suffix_of("clip.old.MP4"), suffix_of(".hidden"), suffix_of("ends in a dot.")
    ('.MP4', '', '')
    """
    stem, _, ending = name.rpartition(".")
    return f".{ending}" if stem and ending else ""


def _value_of(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if name not in os.environ:
        raise UserError(f"{match.string}: the environment variable {name} is not set; set it or write it out")
    return os.environ[name]
