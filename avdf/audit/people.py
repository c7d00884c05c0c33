"""Of whom the groups and intervals are where one person is seen and another heard."""

from typing import Any

import pandas as pd

_OF = {"face": "whose face is seen", "voice": "whose voice is heard"}


def people_of(table: pd.DataFrame) -> dict[str, Any]:
    """`people` of audit.json from the columns face and voice of the test clips.

    `of`: face or voice, whichever the identities are. `num_with_two`: clips of which the person seen is not
    the person heard. {} for a table without these columns, and where no clip has two people.

    >>> table = pd.DataFrame({"identity": ["a", "b"], "face": ["a", "b"], "voice": ["a", "c"]})
    >>> people_of(table)["people"]["of"], people_of(table)["people"]["num_with_two"]
    ('face', 1)
    """
    if not {*_OF} <= set(table):
        return {}
    names = {column: table[column].astype(str).to_numpy() for column in _OF}
    num_with_two = int((names["face"] != names["voice"]).sum())
    identity = table["identity"].astype(str).to_numpy()
    of = next((column for column in _OF if (names[column] == identity).all()), None)
    if of is None or not num_with_two:
        return {}
    text = (
        f"Groups and intervals are of the person {_OF[of]}. In {num_with_two} of {len(table)} test clips the "
        "person seen and the person heard are not the same; scores.csv names both."
    )
    return {"people": {"of": of, "num_with_two": num_with_two, "num_clips": len(table), "text": text}}
