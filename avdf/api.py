"""What `avdf.NAME` offers where no single module has it in this form; see avdf/__init__.py for the list.

What needs torch or a decoder is imported in the functions, so that the others work without.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from avdf.config.loading import typed
from avdf.config.schema import Config, SplitConfig
from avdf.errors import TableError
from avdf.paths import expand_path

if TYPE_CHECKING:
    from avdf.data.clips import Target
    from avdf.data.splits.rules import Split
    from avdf.detection.prediction import Predictor


def split_clips(
    clips: str | Path | pd.DataFrame,
    rule: SplitConfig | Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    target: "Target" = "audio",
) -> "Split":
    """Splits a clip table into train, validation and test, and certifies what the splits share.

    `clips` is a clips.csv or its DataFrame; `rule` holds the settings of `data.split`, such as
    {"name": "strict", "test": 0.2} (default: voice; docs/splits.md). The result has `table` (clip, split)
    and `certificate`. Raises ConfigError if the rule cannot be followed, TableError for a wrong table.

    >>> split = split_clips("cache/clips.csv", {"name": "voice", "test": 0.2})
    >>> split.table["split"].value_counts().to_dict()
    {'train': 52, 'test': 16, 'validation': 12}
    >>> split.certificate["leaks"]
    False
    """
    from avdf.data.clips import REQUIRED_COLUMNS, check_clips, read_clips
    from avdf.data.splits.rules import split_clips as split_table

    table = clips if isinstance(clips, pd.DataFrame) else read_clips(_path(clips))
    missing = [name for name in (*REQUIRED_COLUMNS, "size_bytes") if name not in table]
    if missing:
        raise TableError(f"the clip table has no column {missing[0]!r}; read_corpus gives all of them")
    check_clips(table)
    settings = rule if isinstance(rule, SplitConfig) else typed(SplitConfig, rule or {}, "data.split")
    return split_table(table, settings, seed, target=target)


def load_detector(path: str | Path) -> "Predictor":
    """Loads the folder detector/ of a run (or the run folder) for `predict`, on a GPU if there is one.

    "hf://USER/NAME@REVISION" is fetched from the hub by its commit (extra `hub`). Raises UserError if the
    folder holds no detector.

    >>> detector = load_detector("runs/first")
    >>> detector.threshold, detector.seconds
    (0.5, 1.0)
    """
    from avdf.detection.loading import load_predictor
    from avdf.sharing.hub import SCHEME, detector_path

    return load_predictor(detector_path(path if str(path).startswith(SCHEME) else _path(path)))


def predict(
    detector: "Predictor | str | Path", files: str | Path | Sequence[str | Path], *, workers: int = 1
) -> list[dict[str, Any]]:
    """Scores media files, or all media files in folders, in order.

    `detector` is what `load_detector` returns, or its path; `workers` processes decode. One dict per file,
    as `avdf predict --json` prints it: path, score (0 to 1, higher is more fake), called_fake, threshold,
    seconds, segments [{start_s, end_s, score}], warnings, error. A file that cannot be read or heard has
    its reason in `error` and None for what is unknown. Raises UserError for a folder without media files.

    >>> results = predict("runs/first", "clip.wav")
    >>> [(result["path"], result["seconds"], result["error"]) for result in results]
    [('clip.wav', 2.0, None)]
    """
    from avdf.detection.listing import media_files
    from avdf.detection.prediction import predict as predictions_of

    predictor = load_detector(detector) if isinstance(detector, str | Path) else detector
    listed = [files] if isinstance(files, str | Path) else files
    return list(predictions_of(predictor, media_files([_path(file) for file in listed]), workers=workers))


def run_experiment(
    config: str | Path | Config,
    overrides: Sequence[str] = (),
    *,
    name: str | None = None,
    resume: str | Path | None = None,
) -> Path:
    """Trains, chooses the threshold, scores and audits as `avdf train` does, and returns the run folder.

    `config` is a YAML file, or a Config; `overrides` are "train.epochs=5" and the like, for a file.
    `name` names the folder runs/NAME/TIME where run.dir is not set (default: the file's). `resume` is the
    folder of an interrupted run. Raises ConfigError naming the setting, UserError for other mistakes.

    >>> run = run_experiment("audio_cnn.yaml", ["data.root=FakeAVCeleb_v1.2", "train.epochs=1"])
    >>> (run / "metrics.json").exists(), (run / "audit" / "audit.html").exists()
    (True, True)
    """
    from avdf.experiment.settings import load_experiment, resolve
    from avdf.experiment.start import run_as_configured

    if isinstance(config, Config):
        settings, default_name = resolve(config), "experiment"
    else:
        path = _path(config)
        settings, default_name = load_experiment(path, overrides), path.stem
    return run_as_configured(
        settings, name=name or default_name, resume=None if resume is None else _path(resume)
    )


def _path(path: str | Path) -> Path:
    return Path(expand_path(str(path)))
