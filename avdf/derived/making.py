"""Makes a derived corpus: copies of real clips, in parallel; what is finished is never made again."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avdf.data.audio.levels import as_float32, silence_of
from avdf.data.clips import data_hash, group_columns, one_per_track
from avdf.data.preparation import Prepared
from avdf.derived.flac import write_flac
from avdf.derived.plan import PlannedCopy, plan_copies
from avdf.derived.suppression import suppression_of, without_noise
from avdf.derived.table import FACTS_NAME, FAKE, FORMAT_VERSION, HEARD_NAME, TABLE_NAME, ordered
from avdf.errors import UserError
from avdf.fakers import FAKERS, Faker, copy_of
from avdf.files import read_json, write_csv, write_json
from avdf.progress import progress

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Making:
    """What copies are made of a corpus. `fakers` are {name, settings ...}, as FAKERS builds them.

    `noise_suppressed` is the share of the copies that are made of the recording after noise suppression.
    """

    corpus: str
    fakers: Sequence[Mapping[str, Any]]
    per_clip: int
    seed: int
    noise_suppressed: float = 0.0


def make_fakes(prepared: Prepared, making: Making, out: Path, *, workers: int) -> dict[str, str]:
    """Makes the copies of every real recording, each once, in `out`; returns clips left out and why.

    The bytes do not depend on `workers`. If `out` holds some of the same copies, only the others are made.
    After an interruption the table lists those that are finished. Raises UserError if `out` holds others.
    """
    fakers = check_making(making, out)
    reals = one_per_track(prepared.clips[prepared.clips["audio_fake"] == 0])
    silent = _silent(prepared, list(reals["clip"]))
    reals = reals[~reals["clip"].isin(list(silent))]
    if reals.empty:
        raise UserError(f"{prepared.root}: no real speech to copy in it")
    attacks = [faker.attack for faker in fakers]
    planned = plan_copies(sorted(reals["clip"]), attacks, making.per_clip, making.seed)
    _claim(out, _facts(prepared, making, fakers, len(planned)))
    _write_heard(out, fakers)
    try:
        _make(prepared, making, planned, out, workers)
    finally:
        finished = [copy for copy in planned if (out / copy.path).is_file()]
        write_csv(out / TABLE_NAME, _table(reals, finished, fakers, making.noise_suppressed))
    return silent


def check_making(making: Making, out: Path) -> list[Faker]:
    """The fakers. Raises UserError for an unknown one or two alike, and if `out` holds anything but fakes.

    It takes no time, so that it comes before the clips are decoded.
    """
    fakers = [_built(json.dumps(dict(settings))) for settings in making.fakers]
    attacks = [faker.attack for faker in fakers]
    if len(set(attacks)) < len(attacks):
        raise UserError(f"--fakers: each once, got {' '.join(attacks)}")
    if not (out / FACTS_NAME).exists() and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: holds other files than fakes; choose another folder")
    return fakers


def _silent(prepared: Prepared, clips: Sequence[str]) -> dict[str, str]:
    """Clips in which nothing can be heard, and why: a copy of silence is not fake speech."""
    rows = prepared.store.rows_of(clips)
    rate_hz = prepared.store.sample_rate_hz
    reasons = {
        clip: silence_of(prepared.store.waveform(int(row)), rate_hz)
        for clip, row in zip(clips, rows, strict=True)
    }
    return {clip: reason for clip, reason in reasons.items() if reason}


def _facts(prepared: Prepared, making: Making, fakers: Sequence[Faker], num_copies: int) -> dict[str, Any]:
    """What the copies depend on, besides the versions of the libraries."""
    made_by = [
        {**FAKERS.resolve(settings, "fakers"), **getattr(faker, "facts", {})}
        for settings, faker in zip(making.fakers, fakers, strict=True)
    ]
    return {
        "format_version": FORMAT_VERSION,
        "corpus": making.corpus,
        "data_hash": data_hash(prepared.clips),
        "sample_rate_hz": prepared.store.sample_rate_hz,
        "seed": making.seed,
        "per_clip": making.per_clip,
        "fakers": [{key: value for key, value in facts.items() if key != "folder"} for facts in made_by],
        "num_copies": num_copies,
        "noise_suppressed": making.noise_suppressed,
    }


def _claim(out: Path, facts: Mapping[str, Any]) -> None:
    """Writes fakes.json, or checks that the folder holds copies of the same facts. Raises UserError."""
    path = out / FACTS_NAME
    if not path.exists():
        write_json(path, facts)
        return
    found = {"noise_suppressed": 0.0, **read_json(path)}  # folders that were made before it was known lack it
    differs = [key for key in facts if found.get(key) != json.loads(json.dumps(facts[key]))]
    if differs:
        raise UserError(
            f"{path}: the copies in it were made with {differs[0]} {str(found.get(differs[0]))[:80]}, not "
            f"{str(facts[differs[0]])[:80]}; choose another folder"
        )


def _write_heard(out: Path, fakers: Sequence[Faker]) -> None:
    """The voices that trained fakers were trained on: they may not be in validation or test."""
    rows = [(faker.attack, voice) for faker in fakers for voice in sorted(getattr(faker, "heard", ()))]
    write_csv(out / HEARD_NAME, pd.DataFrame(rows, columns=["faker", "voice"]))


def _make(
    prepared: Prepared, making: Making, planned: Sequence[PlannedCopy], out: Path, workers: int
) -> None:
    from joblib import Parallel, delayed

    missing: dict[str, list[PlannedCopy]] = {}
    for copy in planned:
        if not (out / copy.path).is_file():
            missing.setdefault(copy.parent, []).append(copy)
    if not missing:
        return
    fakers = tuple(json.dumps(dict(settings)) for settings in making.fakers)
    rate_hz = prepared.store.sample_rate_hz

    def work() -> Iterator[Any]:
        rows = prepared.store.rows_of(list(missing))
        for (_, copies), row in zip(missing.items(), rows, strict=True):
            samples = np.array(prepared.store.waveform(int(row)))
            yield delayed(_make_copies)(
                samples, rate_hz, copies, fakers, out.absolute(), making.noise_suppressed
            )

    with closing(Parallel(n_jobs=workers, return_as="generator_unordered")(work())) as done:
        for _ in progress(done, "making fakes", total=len(missing)):
            pass


def _make_copies(
    samples: NDArray[np.int16],
    rate_hz: int,
    copies: Sequence[PlannedCopy],
    fakers: Sequence[str],
    out: Path,
    noise_suppressed: float,
) -> None:
    waveform = as_float32(samples)
    for copy in copies:
        channel = suppression_of(copy, noise_suppressed)
        heard = waveform if channel is None else without_noise(waveform, rate_hz, channel)
        made, _ = copy_of(heard, rate_hz, _built(fakers[copy.faker]), copy.generator())
        write_flac(out / copy.path, made, rate_hz)


@lru_cache(maxsize=64)
def _built(settings: str) -> Faker:
    """The faker of these settings (JSON), built once per process."""
    faker: Faker = FAKERS.build(json.loads(settings), "fakers")
    return faker


def _table(
    reals: pd.DataFrame, copies: Sequence[PlannedCopy], fakers: Sequence[Faker], noise_suppressed: float
) -> pd.DataFrame:
    """One row per copy that is finished; settings are drawn again from the same numbers."""
    groups = group_columns(reals)
    parents = reals.set_index("clip").loc[[copy.parent for copy in copies]].reset_index()
    kept = {name: parents[name] for name in (*groups, "source", "voice", "identities")}
    table = pd.DataFrame(
        {
            "path": [copy.path for copy in copies],
            "label": FAKE,
            "parent": [copy.parent for copy in copies],
            "audio_attack": [fakers[copy.faker].attack for copy in copies],
            "kind": [fakers[copy.faker].kind for copy in copies],
            "settings": [_settings(copy, fakers[copy.faker], noise_suppressed) for copy in copies],
            **kept,
        }
    )
    return ordered(table, groups)


def _settings(copy: PlannedCopy, faker: Faker, noise_suppressed: float) -> str:
    """JSON of what was drawn for a copy, with the noise suppression before it if there was one."""
    channel = suppression_of(copy, noise_suppressed)
    drawn = dict(faker.draw(copy.generator()))
    return json.dumps(drawn if channel is None else {**drawn, "of": channel}, sort_keys=True)
