"""The user's mistakes: a message that names the key or file, the value and the remedy."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake that only the user can fix. Commands print it without a traceback and exit with 2."""


class ConfigError(UserError):
    """A setting that cannot be used; the message starts with its dotted key."""


class TableError(UserError):
    """A table (clips, split, scores) that fails its checks; the message names the rows."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of every message about a wrong name: the nearest known name and the list.

    >>> nearest("epoch", ["epochs", "seed"])
    ", did you mean 'epochs'? (have: epochs, seed)"
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    question = f", did you mean {close[0]!r}?" if close else ""
    return f"{question} (have: {', '.join(names)})"
