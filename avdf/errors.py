"""The user's mistakes: a message that names the key or file, the value and the remedy."""

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path


class UserError(ValueError):
    """A mistake that only the user can fix. Commands print it without a traceback and exit with 2."""


class ConfigError(UserError):
    """A setting that cannot be used; the message starts with its dotted key."""


class TableError(UserError):
    """A table (clips, split, scores) that fails its checks; the message names the rows."""


class MediaError(UserError):
    """A file that can't become a clip: `reason` as in skipped.csv, `detail` in words."""

    def __init__(self, path: Path, reason: str, detail: str) -> None:
        super().__init__(f"{path}: {reason} ({detail})")
        self.path, self.reason, self.detail = path, reason, detail

    def __reduce__(self) -> tuple[type["MediaError"], tuple[Path, str, str]]:
        return type(self), (self.path, self.reason, self.detail)  # so that it can be pickled


@contextlib.contextmanager
def said_as(words: Mapping[str, str]) -> Iterator[None]:
    """Says a key at the beginning of a ConfigError as the user typed it: ROOT or --root for data.root."""
    try:
        yield
    except ConfigError as error:
        message = str(error)
        for key, word in words.items():
            if message.startswith((f"{key}:", f"{key}.")):
                raise ConfigError(word + message.removeprefix(key)) from error
        raise


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of every message about a wrong name: the nearest known name and the list.

    >>> nearest("epoch", ["epochs", "seed"])
    ", did you mean 'epochs'? (have: epochs, seed)"
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    question = f", did you mean {close[0]!r}?" if close else ""
    return f"{question} (have: {', '.join(names)})"
