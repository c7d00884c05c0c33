"""Types, races and genders of FakeAVCeleb, and the spellings that its copies use."""

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import permutations, product

from avdf.paths import suffix_of
from avdf.protocols.walking import MEDIA_SUFFIXES

TYPES = {
    "A": "RealVideo-RealAudio",
    "B": "RealVideo-FakeAudio",
    "C": "FakeVideo-RealAudio",
    "D": "FakeVideo-FakeAudio",
}
AUDIO_FAKE_TYPES = ("B", "D")
VIDEO_FAKE_TYPES = ("C", "D")
AUDIO_ATTACK = "sv2tts"  # the one voice cloner of the data set; in D, `method` is what made the video
RACES = ("African", "Asian (East)", "Asian (South)", "Caucasian (American)", "Caucasian (European)")
GENDERS = ("men", "women")
GROUPS = ("race", "gender")
METHODS = ("rtvc", "wav2lip", "fsgan", "faceswap", "fsgan-wav2lip", "faceswap-wav2lip")  # of the fakes

_RACE_WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "African": (("african", "africans", "black"),),
    "Asian (East)": (("asian", "asians"), ("east", "eastern")),
    "Asian (South)": (("asian", "asians"), ("south", "southern")),
    "Caucasian (American)": (("caucasian", "caucasians", "white"), ("american", "america")),
    "Caucasian (European)": (("caucasian", "caucasians", "white"), ("european", "europe")),
}
_GENDER_WORDS = {
    "men": ("men", "man", "male", "males", "m"),
    "women": ("women", "woman", "female", "females", "f"),
}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


_TYPES_BY_LETTERS = {_letters(name): name for name in TYPES.values()}
_RACES_BY_LETTERS = {
    "".join(words): race
    for race, choices in _RACE_WORDS.items()
    for order in permutations(choices)
    for words in product(*order)
}
_GENDERS_BY_LETTERS = {word: gender for gender, words in _GENDER_WORDS.items() for word in words}


@lru_cache
def standard_type(name: str) -> str:
    """The name of a type folder as the data set spells it; "" if it is none."""
    return "" if name.startswith(".") else _TYPES_BY_LETTERS.get(_letters(name), "")


@lru_cache
def standard_race(name: str) -> str:
    """A race as the data set's folders spell it; "" if the name is ambiguous or unknown.

    >>> standard_race("Asian_East"), standard_race("Asian (Eastern)"), standard_race("Black")
    ('Asian (East)', 'Asian (East)', 'African')
    """
    return _RACES_BY_LETTERS.get(_letters(name), "")


@lru_cache
def standard_gender(name: str) -> str:
    """`men` or `women`, also for Men, male, Female and the like; "" for any other name."""
    return _GENDERS_BY_LETTERS.get(_letters(name), "")


def standard_identity(name: str) -> str:
    """`id` and five digits in lower case; "" for any other name."""
    return name.lower() if re.fullmatch(r"[iI][dD][0-9]{5}", name) else ""


def standard_key(path: str) -> str | None:
    """TYPE/RACE/GENDER/ID/STEM.mp4 in the standard spelling; None if the path is not a clip's.

    >>> standard_key("realvideo-realaudio/East Asian/Male/id00001/1.WAV")
    'RealVideo-RealAudio/Asian (East)/men/id00001/1.mp4'
    """
    folder, _, name = path.rpartition("/")
    suffix = suffix_of(name)
    # Audio-only and re-encoded copies keep the folders and the stems, and change the suffix.
    if suffix.lower() not in MEDIA_SUFFIXES or (standard := _standard_folder(folder)) is None:
        return None
    return f"{standard}/{name.removesuffix(suffix)}.mp4"


@lru_cache(maxsize=4096)
def _standard_folder(folder: str) -> str | None:
    """TYPE/RACE/GENDER/ID in the standard spelling; None if it is not such a path."""
    parts = folder.split("/")
    if len(parts) != 4 or first_odd_part([*parts, ""]) is not None:
        return None
    of_clip = (standard_type(parts[0]), standard_race(parts[1]), standard_gender(parts[2]))
    return "/".join((*of_clip, standard_identity(parts[3])))


def first_odd_part(parts: list[str]) -> int | None:
    """The position of the first path component that differs from the layout of a clip's path.

    The component at position 4 is a file name and may be anything; None if all components fit.
    """
    checks: list[Callable[[str], str]]
    checks = [standard_type, standard_race, standard_gender, standard_identity]
    for position, check in enumerate(checks):
        if position >= len(parts) - 1 or not check(parts[position]):
            return min(position, len(parts) - 1)
    return None if len(parts) == 5 else 4
