"""Connected components: items that share anything are in one, numbered in order of appearance."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol


class Subsets(Protocol):
    """Which subset an item is in, by any name: scipy.cluster.hierarchy.DisjointSet is one."""

    def __getitem__(self, item: Hashable) -> Hashable: ...


def components(links: Sequence[tuple[Hashable, ...]]) -> list[int]:
    """(item,) the properties of each item -> (item,) the number of its component.

    >>> components([("a", 1), ("b", 2), ("c",), ("b", 1)])
    [0, 0, 1, 0]
    """
    subsets = _Joined()
    for things in links:
        for thing in things:
            subsets.join(things[0], thing)
    return numbers_of(subsets, [things[0] for things in links])


def numbers_of(subsets: Subsets, items: Iterable[Hashable]) -> list[int]:
    """(item,) the number of the subset of each item; subsets are numbered in the items' order."""
    number_of: dict[Hashable, int] = {}
    return [number_of.setdefault(subsets[item], len(number_of)) for item in items]


class _Joined:
    """Disjoint sets with path halving (Tarjan and van Leeuwen 1984).

    scipy.cluster.hierarchy has them, but takes 0.2 s to import, at the start of every training.
    """

    def __init__(self) -> None:
        self._above: dict[Hashable, Hashable] = {}

    def __getitem__(self, item: Hashable) -> Hashable:
        above = self._above
        above.setdefault(item, item)
        while above[item] != item:
            above[item] = above[above[item]]
            item = above[item]
        return item

    def join(self, first: Hashable, second: Hashable) -> None:
        self._above[self[second]] = self[first]
