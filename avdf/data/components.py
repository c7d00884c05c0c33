"""Connected components: items that share anything are in one, numbered in order of appearance."""

from collections.abc import Hashable, Iterable, Sequence

from scipy.cluster.hierarchy import DisjointSet


def components(links: Sequence[tuple[Hashable, ...]]) -> list[int]:
    """(item,) the properties of each item -> (item,) the number of its component.

    >>> components([("a", 1), ("b", 2), ("c",), ("b", 1)])
    [0, 0, 1, 0]
    """
    sets = DisjointSet()
    for things in links:
        for thing in things:
            sets.add(thing)
            sets.merge(things[0], thing)
    return numbers_of(sets, [things[0] for things in links])


def numbers_of(sets: DisjointSet, items: Iterable[Hashable]) -> list[int]:
    """(item,) the number of the subset of each item; subsets are numbered in the items' order."""
    number_of: dict[Hashable, int] = {}
    return [number_of.setdefault(sets[item], len(number_of)) for item in items]
