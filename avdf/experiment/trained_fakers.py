"""A config -> the folder of a trained faker, which has heard the real training clips of a split alone."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from avdf.config.loading import load_settings
from avdf.config.schema import SPLITS, SplitConfig
from avdf.data.clips import data_hash, one_per_track
from avdf.data.preparation import Prepared
from avdf.data.splits.rules import Split, split_clips
from avdf.errors import ConfigError, UserError
from avdf.experiment.data import prepare_data
from avdf.fakers.neural.config import FakerConfig
from avdf.fakers.neural.folder import (
    FACTS_NAME,
    FORMAT_VERSION,
    HEARD_NAME,
    FakerFacts,
    FakerHashes,
    save_faker,
)
from avdf.fakers.neural.training import FakerTraining, train_steps
from avdf.files import read_json, write_csv, write_json
from avdf.progress import progress
from avdf.run_folder import RunFolder
from avdf.training.interrupts import postponed_interrupts

STATE_NAME = "state.pt"  # of an interrupted training
_SETTINGS_NAME = "settings.json"
_ROWS_OF_HISTORY = 200
_MOST_LATE_MS = 5.0
_LOG = logging.getLogger(__name__)


def load_faker_config(path: Path, overrides: Sequence[str], run: Path | None) -> FakerConfig:
    """The YAML of a faker with overrides; `run` gives the data and the split of a run. Raises ConfigError."""
    config = load_settings(FakerConfig, path, overrides)
    if run is None:
        return config
    of_run = RunFolder(run)
    split = SplitConfig(name="file", path=str(of_run.split_csv.absolute()))
    return replace(config, data=replace(of_run.config().data, split=split))


def train_faker(config: FakerConfig, out: Path) -> FakerFacts:
    """Trains a faker in the folder `out`, or continues there. Returns what faker.json says.

    Raises UserError if `out` holds something else, ConfigError if the split would let it hear a voice of
    validation or test.
    """
    settings = _settings(config)
    _check_free(out, settings)
    prepared = prepare_data(config.data).prepared
    split = split_clips(prepared.clips, config.data.split, config.seed, target=config.data.target)
    heard = heard_clips(prepared.clips, split)
    write_json(out / _SETTINGS_NAME, settings)
    rows = prepared.store.rows_of(list(heard["clip"]))
    training = FakerTraining(config, [prepared.store.waveform(int(row)) for row in rows])
    if (out / STATE_NAME).is_file():
        training.restore(out / STATE_NAME)
        _LOG.info("%s: continues after step %d", out, training.step)
    _LOG.info("%s: %d recordings of %d voices", config.name, len(heard), heard["voice"].nunique())
    history = _train(training, out / STATE_NAME)
    write_csv(out / HEARD_NAME, heard[["clip", "voice", "track"]])
    write_csv(out / RunFolder(out).history_csv.name, history)
    _certify(out, split, heard, prepared)
    if abs(lag := training.lag_ms()) > _MOST_LATE_MS:
        _LOG.warning(
            "%s: its copies are %.0f ms later than their parents; train it for longer", config.name, lag
        )
    facts = FakerFacts(
        format_version=FORMAT_VERSION,
        name=config.name,
        sample_rate_hz=config.data.sample_rate_hz,
        network=config.network,
        seed=config.seed,
        num_steps=training.step,
        num_voices=int(heard["voice"].nunique()),
        hashes=FakerHashes(
            weights="", heard="", data=split.certificate["data_hash"], split=split.certificate["split_hash"]
        ),
    )
    save_faker(training.network, out, facts)
    (out / STATE_NAME).unlink(missing_ok=True)
    return facts


def heard_clips(clips: pd.DataFrame, split: Split) -> pd.DataFrame:
    """The real clips of the training split, each recording once.

    Raises ConfigError if there is none, or if one of their voices is in validation or test as well.
    """
    rows = clips.merge(split.table, on="clip", validate="one_to_one")
    heard = one_per_track(rows[(rows["split"] == SPLITS[0]) & (rows["audio_fake"] == 0)])
    if heard.empty:
        raise ConfigError(
            "data.split: no real clip is in the training split; a faker learns from real speech"
        )
    elsewhere = rows[rows["split"] != SPLITS[0]]
    if shared := sorted(set(heard["voice"]) & set(elsewhere["voice"])):
        raise ConfigError(
            f"data.split: {len(shared)} voices of the training split are in validation or test too, as "
            f"{shared[0]!r}; a faker may hear none of these: use data.split.name=voice or strict"
        )
    return heard


def _settings(config: FakerConfig) -> dict[str, Any]:
    """What a training that is continued must have in common."""
    return asdict(replace(config, data=replace(config.data, cache="", workers=0, decode_workers=None)))


def _check_free(out: Path, settings: dict[str, Any]) -> None:
    """Raises UserError unless the folder is empty, or a training of the same settings was begun in it."""
    path = out / _SETTINGS_NAME
    if (out / FACTS_NAME).exists():
        raise UserError(f"{out}: holds a trained faker; choose another folder")
    if path.is_file():
        if read_json(path) != settings:
            raise UserError(f"{out}: a training with other settings was begun in it; choose another folder")
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: is not empty; choose another folder")


def _train(training: FakerTraining, state: Path) -> pd.DataFrame:
    """Trains to the last step. Returns the mean losses of stretches of steps, since the last restart."""
    total = training.config.steps
    rows: list[dict[str, Any]] = []
    with postponed_interrupts() as interrupt:
        steps = train_steps(training, state, lambda: interrupt.requested)
        for step, losses in progress(steps, "training", total=total - training.step, unit="steps"):
            rows.append({"step": step, **asdict(losses)})
    table = pd.DataFrame(rows, columns=["step", "total", "spectra", "mels", "commitment", "judged"])
    stretch = max(len(table) // _ROWS_OF_HISTORY, 1)
    stretches = table.groupby(table.index // stretch)
    return stretches.mean().assign(step=stretches["step"].max()).round(5)


def _certify(out: Path, split: Split, heard: pd.DataFrame, prepared: Prepared) -> None:
    """split.csv and certificate.json, with what the faker has heard."""
    folder = RunFolder(out)
    write_csv(folder.split_csv, split.table)
    counts = {
        "num_clips": len(heard),
        "num_voices": int(heard["voice"].nunique()),
        "duration_s": round(float(heard["duration_s"].sum()), 1),
        "num_voices_in_validation_or_test": 0,  # heard_clips refuses any other number
        "data_hash": data_hash(prepared.clips),
    }
    write_json(folder.certificate_json, {**split.certificate, "heard": counts})
