"""Who is in the made-up dataset, which clips there are, and what its list says of them, quirks included."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from avdf.data.clips import AUDIO_FAKE_TYPES, GENDERS, RACES, TYPES

CELLS = tuple(product(RACES, GENDERS))
LIST_HEADER = "source,target1,target2,method,category,type,race,gender,path,"
_YOUTUBE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
_NUM_LISTED_TWICE = 3


@dataclass(frozen=True, kw_only=True)
class Person:
    """One made-up identity; `number` seeds voice and face."""

    number: int
    identity: str  # outside VoxCeleb2's numbers
    race: str
    gender: str


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One file: what it is, whose recording it carries, and how the list speaks of it."""

    type: str  # A to D
    person: Person
    name: str
    method: str
    speaker: Person  # whose recording this is, re-spoken by the cloner in B and D
    recording: int  # of the speaker
    other: Person | None = None  # whose face is swapped in
    target1: str = "-"
    target2: str = "-"
    methods: tuple[str, ...] = ()  # one row each; none where the list forgets the clip

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
        """The name of the recording that it carries."""
        return (
            f"{self.speaker.identity}-{self.recording}-{'fake' if self.type in AUDIO_FAKE_TYPES else 'real'}"
        )

    def rows(self) -> Iterator[str]:
        """Its rows in the list: the column `path` holds the name, the nameless one the folder."""
        person = self.person
        for method in self.methods:
            yield (
                f"{person.identity},{self.target1},{self.target2},{method},{self.type},{TYPES[self.type]},"
                f"{person.race},{person.gender},{self.name},FakeAVCeleb/{self.folder}"
            )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The clips to make, those that are listed alone, and the paths of each quirk."""

    people: tuple[Person, ...]
    clips: tuple[Clip, ...]
    missing: tuple[Clip, ...]  # the list names them, no file is made
    quirks: dict[str, list[str]]


def plan(seed: int, *, num_identities: int, num_recordings: int, num_edits: int) -> Plan:
    """Everybody and every clip; identities are dealt out over the ten cells, at least two a cell."""
    rng = np.random.default_rng([seed, 0])
    cells = CELLS[: max(1, num_identities // 2)]
    numbers = 91000 + rng.choice(8999, num_identities, replace=False)
    people = tuple(
        Person(number=number, identity=f"id{identity}", race=race, gender=gender)
        for number, identity in enumerate(sorted(int(value) for value in numbers))
        for race, gender in [cells[number % len(cells)]]
    )
    clips = [
        clip
        for person in people
        for clip in _clips_of(person, _cell_mates(person, people), num_recordings, num_edits, rng)
    ]
    return _with_list_quirks(people, _with_odd_names(people, clips))


def _cell_mates(person: Person, people: tuple[Person, ...]) -> list[Person]:
    """The others of the same race and gender, the next one first: names never leave a cell."""
    mates = [one for one in people if (one.race, one.gender) == (person.race, person.gender)]
    at = mates.index(person)
    return mates[at + 1 :] + mates[:at]


def _clips_of(
    person: Person, mates: list[Person], num_recordings: int, num_edits: int, rng: np.random.Generator
) -> Iterator[Clip]:
    numbers = [f"{value:05}" for value in sorted(rng.choice(400, num_recordings, replace=False))]
    last, face = mates[0], mates[-1]
    for recording, number in enumerate(numbers):
        real = Clip(
            type="A", person=person, name=f"{number}.mp4", method="real", speaker=person, recording=recording
        )
        yield real
        yield replace(real, type="B", name=f"{number}_fake.mp4", method="rtvc")
    for edit in range(num_edits):
        recording = edit % num_recordings
        number = numbers[recording]
        swap = f"{face.identity}_{_youtube_id(rng)}"
        lips = Clip(
            type="C",
            person=person,
            name=f"{number}_{last.identity}_wavtolip.mp4",
            method="wav2lip",
            speaker=last,
            recording=int(rng.integers(num_recordings)),
            target1=last.identity,
        )
        kept = replace(lips, speaker=person, recording=recording, other=face, target1=face.identity)
        turn = (person.number // 2 + edit) % 3
        if edit == 0:
            yield lips
        elif turn == 0:
            yield replace(kept, name=f"{number}_{swap}.mp4", method="fsgan")
        elif turn == 1:
            yield replace(kept, name=f"{number}_{swap}_faceswap.mp4", method="faceswap")
        else:  # with a piece of a YouTube id where an identity should be, as the real list has in places
            yield replace(kept, name=f"{number}_{edit}.mp4", method="faceswap", target1=swap[8:12])
        turn = (person.number + edit) % 3
        spoken = replace(lips, type="D")
        if turn == 0:
            yield spoken
        elif turn == 1:
            name = f"{number}_{swap}_{last.identity}_wavtolip.mp4"
            targets = (face.identity, last.identity)
            yield replace(
                spoken, name=name, method="fsgan-wav2lip", other=face, target1=targets[0], target2=targets[1]
            )
        else:
            name = f"{number}_{edit + 1}_{last.identity}_wavtolip.mp4"
            yield replace(spoken, name=name, method="faceswap-wav2lip", other=face)


def _youtube_id(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(_YOUTUBE), 11))


def _with_odd_names(people: tuple[Person, ...], clips: list[Clip]) -> list[Clip]:
    """The release's oddities, one identity each, as far as there are identities."""
    odd = dict(enumerate(people[:5]))
    out = []
    for clip in clips:
        first = clip.recording == 0 and clip.speaker == clip.person
        if first and clip.person == odd.get(0) and clip.type == "A":
            clip = replace(clip, name="1.mp4")
        if clip.person == odd.get(1):
            if clip.type == "D":
                continue
            if first and clip.type == "A":
                clip = replace(clip, name="002121.mp4")
        if first and clip.person == odd.get(2) and clip.type == "B":
            clip = replace(clip, name="00999_fake.mp4")
        if first and clip.person == odd.get(3) and clip.type == "B":
            clip = replace(clip, name="00021.mp4")
        if clip.person == odd.get(4) and clip.method in ("fsgan", "faceswap"):
            clip = replace(clip, name="00005.mp4")
        out.append(clip)
    return out


def _with_list_quirks(people: tuple[Person, ...], clips: list[Clip]) -> Plan:
    """Says which rows each clip has: one, two, none, or a row alone."""
    swapped = [clip.path for clip in clips if clip.method == "faceswap-wav2lip"]
    twice = set(swapped[:_NUM_LISTED_TWICE])
    forgotten = next(clip.path for clip in reversed(clips) if clip.type == "D" and clip.path not in twice)
    listed = [
        replace(clip, methods=(clip.method, "wav2lip") if clip.path in twice else (clip.method,))
        if clip.path != forgotten
        else clip
        for clip in clips
    ]
    lost = next(clip for clip in listed if clip.type == "C" and clip.method == "wav2lip")
    missing = replace(lost, name=f"00998_{lost.target1}_wavtolip.mp4", methods=("wav2lip",))
    return Plan(
        people=people,
        clips=tuple(listed),
        missing=(missing,),
        quirks={
            "duplicate_rows": sorted(twice),
            "file_without_row": [forgotten],
            "row_without_file": [missing.path],
        },
    )
