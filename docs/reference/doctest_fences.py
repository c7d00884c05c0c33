"""Griffe extension for the site: puts the `>>>` examples of docstrings into code blocks.

Markdown would read `>>>` as three nested quotes.
"""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(?:^|(?<=\n))>>> .*?(?=\n\s*\n|\Z)", flags=re.DOTALL)


def fence_examples(text: str) -> str:
    """A docstring with each block of examples in a fence.

    >>> print(fence_examples("Adds.\\n\\n>>> 1 + 1\\n2\\n\\nMore.").replace("`", "'"))
    Adds.
    <BLANKLINE>
    '''pycon
    >>> 1 + 1
    2
    '''
    <BLANKLINE>
    More.
    """
    return _EXAMPLE.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```", text)


class DoctestFences(griffe.Extension):
    """Changes docstrings as griffe loads them."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fence_examples(obj.docstring.value)
