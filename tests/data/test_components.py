"""Connected components, against a union-find written out by hand."""

from hypothesis import given
from hypothesis import strategies as st

from avdf.data.components import components


def by_hand(links: list[tuple[int, ...]]) -> list[int]:
    """Paints each component in its own colour until nothing changes."""
    colours = list(range(len(links)))
    for _ in links:
        for one, first in enumerate(links):
            for other, second in enumerate(links):
                if set(first) & set(second):
                    colours[one] = colours[other] = min(colours[one], colours[other])
    return [sorted(set(colours)).index(colour) for colour in colours]


@given(st.lists(st.lists(st.integers(0, 8), min_size=1, max_size=3).map(tuple), max_size=12))
def test_items_that_share_anything_have_one_number_in_the_order_of_appearance(
    links: list[tuple[int, ...]],
) -> None:
    assert components(links) == by_hand(links)
