"""Makes a synthetic data set in FakeAVCeleb's layout, with its irregularities, for trying things out.

OUT/FakeAVCeleb_v1.2/       the root: type folders, meta_data.csv and DEMO.json, which marks it
OUT/README.md               says that it is made up
OUT/tracks.csv, quirks.json the truth about each clip and each irregularity, for checking only
"""

import logging
import os
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avdf.corpora.fakeavceleb.labels import VIDEO_FAKE_TYPES
from avdf.demo.marker import demo_facts
from avdf.demo.plan import DemoSettings
from avdf.demo.quirks import Plan, plan
from avdf.errors import UserError
from avdf.files import atomic_folder
from avdf.progress import progress

if TYPE_CHECKING:
    from avdf.demo.clips import Truth

ROOT_NAME = "FakeAVCeleb_v1.2"
DEFAULT_SETTINGS = DemoSettings()
_FORMAT, _WEAK_FORMAT = 1, 2  # without and with a weak group; raised when the same settings make other clips
_LOG = logging.getLogger(__name__)


def make_demo(out: Path, settings: DemoSettings = DEFAULT_SETTINGS, *, workers: int | None = None) -> Path:
    """Makes the data set in `out`, atomically, and returns its root, `out/FakeAVCeleb_v1.2`.

    The same settings give the same bytes for any number of `workers` (processes, by default two). If
    `out` holds a demo of the same settings, nothing is made. Raises UserError if `out` holds anything
    else.
    """
    facts = {"made_up": True, "format": _WEAK_FORMAT if settings.weak_group else _FORMAT, **asdict(settings)}
    root = out / ROOT_NAME
    if _already_there(out, facts):
        _LOG.info("%s: the demo data of these settings is already there", root)
        return root
    from avdf.demo.lists import write_lists

    todo = plan(settings)
    try:
        with atomic_folder(out, replace=False) as part:
            truths = _make_clips(part / ROOT_NAME, todo, settings, workers or min(2, os.cpu_count() or 1))
            write_lists(part, part / ROOT_NAME, todo, truths, facts | {"num_clips": len(todo.clips)})
    except FileExistsError:  # another process may have made the same data meanwhile
        if not _already_there(out, facts):
            raise
    return root


def _already_there(out: Path, facts: dict[str, Any]) -> bool:
    """Whether `out` holds the demo of these settings. Raises UserError if it holds anything else."""
    if not os.path.lexists(out):
        return False
    have = demo_facts(out / ROOT_NAME)
    if have is None:
        raise UserError(f"{out}: exists already and is no demo data; choose another folder, or remove it")
    differs = [name for name, value in facts.items() if have.get(name) != value]
    if differs:
        raise UserError(
            f"{out}: holds demo data with {differs[0]} {have.get(differs[0])!r}, not {facts[differs[0]]!r}; "
            "choose another folder, or remove it"
        )
    num_clips = sum(name.endswith(".mp4") for _, _, names in os.walk(out) for name in names)
    if num_clips != have.get("num_clips"):
        raise UserError(
            f"{out}: {num_clips} of its {have.get('num_clips')} clips are there; remove the folder"
        )
    return True


def _make_clips(root: Path, todo: Plan, settings: DemoSettings, workers: int) -> "list[Truth]":
    """Makes the recordings first, since a clip with an edited face carries the sound of one of them."""
    from joblib import Parallel, delayed

    from avdf.demo.clips import edited_clip, recorded_clips

    root = root.absolute()  # processes of earlier calls keep the working folder of that time
    for clip in todo.clips:
        (root / clip.folder).mkdir(parents=True, exist_ok=True)
    made = {
        (clip.type, clip.speaker.identity, clip.recording): clip for clip in todo.clips if clip.type in "AB"
    }
    recordings = [
        (clip, made["B", clip.speaker.identity, clip.recording]) for clip in todo.clips if clip.type == "A"
    ]
    edits = [
        (clip, made["A" if clip.type == "C" else "B", clip.speaker.identity, clip.recording])
        for clip in todo.clips
        if clip.type in VIDEO_FAKE_TYPES
    ]
    first = (delayed(recorded_clips)(root, real, fake, settings) for real, fake in recordings)
    then = (delayed(edited_clip)(root, clip, sound, settings) for clip, sound in edits)
    truths: list[Truth] = []
    for unit, work, total in (("recording", first, len(recordings)), ("edited clip", then, len(edits))):
        with closing(Parallel(n_jobs=workers, return_as="generator_unordered")(work)) as done:
            for some in progress(done, "making up demo data", total=total, unit=unit):
                truths += some
    return sorted(truths, key=lambda truth: truth.path)
