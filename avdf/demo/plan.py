"""The plan of the made-up data set: its settings, its people, and the clips of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np

from avdf.corpora.fakeavceleb.labels import AUDIO_FAKE_TYPES, GENDERS, RACES, TYPES
from avdf.errors import UserError

_LOWEST_NUMBER = 91000  # of an identity; those of VoxCeleb2 end at id09272
_YOUTUBE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
# Edits in the order in which people get them; lip synchronisation is the most frequent, as in the release.
_VIDEO_EDITS = ("wav2lip", "wav2lip", "fsgan", "wav2lip", "faceswap", "faceswap")
_BOTH_EDITS = ("wav2lip", "fsgan-wav2lip", "faceswap-wav2lip")


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """What the data set's bytes depend on. Raises UserError for values out of range.

    `shortcut` plants 25 to 30 ms of digital silence at the start of every fake. `weak_group`, as in
    "African/women", makes the fakes of that race and gender harder to detect: they differ from the real
    voice below 2 kHz only, so a detector that relies on higher frequencies misses them.
    """

    seed: int = 0
    shortcut: Literal["leading_silence"] | None = None
    weak_group: str | None = None
    num_identities: int = 80
    num_recordings: int = 2  # A and B clips of each identity
    num_edits: int = 1  # C and D clips of each identity; each of one recording

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UserError(f"seed: must be >= 0, got {self.seed}")
        if self.shortcut not in (None, "leading_silence"):
            raise UserError(f"shortcut: no shortcut {self.shortcut!r}; have: leading_silence")
        for name, lowest, highest in (
            ("num_identities", 2, 1000),
            ("num_recordings", 1, 20),
            ("num_edits", 1, self.num_recordings),
        ):
            if not lowest <= getattr(self, name) <= highest:
                raise UserError(f"{name}: must be from {lowest} to {highest}, got {getattr(self, name)}")
        groups = [f"{race}/{gender}" for race, gender in self.cells]
        if self.weak_group is not None and self.weak_group not in groups:
            raise UserError(f"weak_group: no group {self.weak_group!r}; have: {', '.join(groups)}")

    @property
    def cells(self) -> tuple[tuple[str, str], ...]:
        """Pairs of race and gender: all ten, or as many as leave two people for each."""
        return tuple(product(RACES, GENDERS))[: self.num_identities // 2]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One synthetic identity; `number` seeds voice and face."""

    number: int
    identity: str
    race: str
    gender: str


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One file: its type, whose recording it carries, and its rows in the list."""

    type: str  # A to D
    person: Person
    name: str
    method: str
    speaker: Person  # whose recording it is, resynthesised by the cloner in B and D
    recording: int  # of the speaker
    other: Person | None = None  # whose face replaces the person's
    target1: str = "-"
    target2: str = "-"
    methods: tuple[str, ...] = ()  # one row of the list for each; empty for a clip that the list omits

    @property
    def folder(self) -> str:
        """TYPE/RACE/GENDER/ID."""
        person = self.person
        return f"{TYPES[self.type]}/{person.race}/{person.gender}/{person.identity}"

    @property
    def path(self) -> str:
        """The key of the clip: TYPE/RACE/GENDER/ID/FILE.mp4."""
        return f"{self.folder}/{self.name}"

    @property
    def track(self) -> str:
        """The name of its recording; a cloned recording has another name than the real one."""
        return f"{self.speaker.identity}-{self.recording}-{'fake' if self.has_fake_audio else 'real'}"

    @property
    def has_fake_audio(self) -> bool:
        """Whether its sound is cloned."""
        return self.type in AUDIO_FAKE_TYPES


def people_of(settings: DemoSettings, rng: np.random.Generator) -> tuple[Person, ...]:
    """All people, assigned to the pairs of race and gender in turn."""
    cells = settings.cells
    numbers = _LOWEST_NUMBER + rng.choice(100_000 - _LOWEST_NUMBER, settings.num_identities, replace=False)
    return tuple(
        Person(number=number, identity=f"id{identity}", race=race, gender=gender)
        for number, identity in enumerate(sorted(int(value) for value in numbers))
        for race, gender in [cells[number % len(cells)]]
    )


def clips_of(settings: DemoSettings, people: tuple[Person, ...], rng: np.random.Generator) -> Iterator[Clip]:
    """Yields each person's recordings as A and B clips, then the edits of their face as C and D clips."""
    for person in people:
        cell = [mate for mate in people if (mate.race, mate.gender) == (person.race, person.gender)]
        place = cell.index(person)
        last, other = (
            cell[(place + 1) % len(cell)],
            cell[place - 1],
        )  # names never leave a cell, as in the release
        numbers = [f"{value:05}" for value in sorted(rng.choice(400, settings.num_recordings, replace=False))]
        for recording, number in enumerate(numbers):
            real = Clip(
                type="A",
                person=person,
                name=f"{number}.mp4",
                method="real",
                speaker=person,
                recording=recording,
            )
            yield real
            yield replace(real, type="B", name=f"{number}_fake.mp4", method="rtvc")
        for edit in range(settings.num_edits):
            filmed = edit % settings.num_recordings
            fragment = "".join(rng.choice(list(_YOUTUBE), 11))
            lips = Clip(
                type="C",
                person=person,
                name=f"{numbers[filmed]}_{last.identity}_wavtolip.mp4",
                method="wav2lip",
                speaker=last,  # the voice is the last one named
                recording=int(rng.integers(settings.num_recordings)),
                target1=last.identity,
            )
            swap = replace(lips, speaker=person, recording=filmed, other=other, target1=other.identity)
            turn = place + edit
            yield _video_edit(_VIDEO_EDITS[turn % len(_VIDEO_EDITS)], lips, swap, numbers[filmed], fragment)
            lips = replace(lips, type="D", other=other)
            yield _both_edit(_BOTH_EDITS[turn % len(_BOTH_EDITS)], lips, numbers[filmed], fragment)


def _video_edit(method: str, lips: Clip, swap: Clip, number: str, fragment: str) -> Clip:
    """A C clip; a clip with a swapped face keeps its own voice."""
    if method == "wav2lip":
        return lips
    if method == "fsgan":
        return replace(swap, method=method, name=f"{number}_{swap.target1}_{fragment}.mp4")
    if len(fragment.strip("-_")) == len(fragment):
        return replace(swap, method=method, name=f"{number}_{swap.target1}_{fragment}_faceswap.mp4")
    # The short form, with a fragment in place of an identity, as in some rows of the real list.
    return replace(swap, method=method, name=f"{number}_0.mp4", target1=fragment)


def _both_edit(method: str, lips: Clip, number: str, fragment: str) -> Clip:
    """A D clip: lips and cloned voice are always those of the last identity in its name."""
    if method == "wav2lip" or lips.other is None:
        return lips
    if method == "faceswap-wav2lip":
        return replace(lips, method=method, name=f"{number}_1_{lips.target1}_wavtolip.mp4")
    name = f"{number}_{lips.other.identity}_{fragment}_{lips.target1}_wavtolip.mp4"
    return replace(lips, method=method, name=name, target1=lips.other.identity, target2=lips.target1)
