"""The files of one run: their names, and the facts stored in them. Loads no torch."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.files import read_json

AUDIT_JSON, AUDIT_HTML = "audit.json", "audit.html"  # in the folder of any audit
Check = tuple[Callable[[Any], bool], str]  # a check of a value, and its description
_TEXT: Check = (lambda value: isinstance(value, str), "text")
_TEXTS: Check = (lambda value: isinstance(value, list) and _all(value, str), "a list of texts")
_NAMES: Check = (
    lambda value: isinstance(value, dict) and _all(value.values(), str | None),
    "names with texts",
)
_COUNT: Check = (lambda value: type(value) is int and value >= 0, "a whole number >= 0")
_FLAG: Check = (lambda value: isinstance(value, bool), "true or false")
_OBJECT: Check = (lambda value: isinstance(value, dict), "an object")
_PROBES: Check = (
    lambda value: isinstance(value, list) and all(map(_is_probe, value)),
    "a list of {feature, auc}",
)
_ENVIRONMENT = {
    **dict.fromkeys(("command", "started", "device", "python"), _TEXT),
    **dict.fromkeys(("lost_groups", "warnings", "resumed"), _TEXTS),
    "packages": _NAMES,
    "num_skipped": _COUNT,
}
_CERTIFICATE = {"name": _TEXT, "data_hash": _TEXT, "split_hash": _TEXT, "leaks": _FLAG}
_LEAKS = "This split LEAKS: people or recordings of training are in test, so the metrics are too good."


@dataclass(frozen=True)
class _Inside:
    """A path inside the run folder, as in `scores_csv = _Inside("scores.csv")`."""

    name: str

    def __get__(self, run: "RunFolder", owner: type["RunFolder"]) -> Path:
        return run.path / self.name


@dataclass(frozen=True)
class RunFolder:
    """A run folder; the only place where its file names are written.

    A folder that was put together by hand may lack any file; its values are None or empty then.

    >>> RunFolder(Path("runs/first")).scores_csv.as_posix()
    'runs/first/scores.csv'
    """

    path: Path

    # Written before the training.
    config_yaml = _Inside("config.yaml")
    environment_json = _Inside("environment.json")
    clips_csv = _Inside("clips.csv")
    skipped_csv = _Inside("skipped.csv")
    split_csv = _Inside("split.csv")
    certificate_json = _Inside("certificate.json")
    # Written by the training.
    checkpoints = _Inside("checkpoints")
    log = _Inside("log")
    history_csv = _Inside("history.csv")
    detector = _Inside("detector")
    detector_json = _Inside("detector/detector.json")
    # Written by scoring and auditing.
    scores_csv = _Inside("scores.csv")
    metrics_json = _Inside("metrics.json")
    stress_csv = _Inside("stress.csv")
    stress = _Inside("stress")
    elsewhere = _Inside("elsewhere")
    audit = _Inside("audit")
    audit_json = _Inside(f"audit/{AUDIT_JSON}")
    audit_html = _Inside(f"audit/{AUDIT_HTML}")

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_begun(self) -> bool:
        """Whether a run was started here, so that it can be resumed."""
        return self.config_yaml.is_file()

    def evaluation(self, split: str) -> Path:
        """Where the command evaluate writes by default."""
        return self.path / f"evaluation-{split}"

    def fold(self, number: int) -> "RunFolder":
        """The run of one fold, of a run that trains every fold."""
        return RunFolder(self.path / f"fold-{number}")

    @property
    def has_folds(self) -> bool:
        """Whether the run trains every fold, each in a separate folder."""
        return self.fold(0).path.exists()

    @property
    def is_done(self) -> bool:
        """Whether the run came to its end: the audit is written last."""
        return self.audit_json.is_file()

    def config(self) -> Config:
        """The resolved config that the run was started with. Raises ConfigError if it is no run."""
        if not self.is_begun:
            raise ConfigError(f"{self.path}: no run there (it has no {self.config_yaml.name})")
        return load_config(self.config_yaml)

    def environment(self) -> dict[str, Any]:
        """Versions, machine, command, device and warnings; see avdf/experiment/record.py."""
        return _checked(self.environment_json, _ENVIRONMENT)

    def certificate(self) -> dict[str, Any]:
        """What the splits share; see avdf/data/splits/certificate.py."""
        return _checked(self.certificate_json, _CERTIFICATE)

    def audit_content(self) -> dict[str, Any]:
        """What audit.json holds. Raises UserError if the run was not audited."""
        if not self.is_done:
            raise UserError(f"{self.path}: the run is not finished; continue it with --resume {self.path}")
        return read_json(self.audit_json)

    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds. Raises UserError if it is missing."""
        return read_json(self.metrics_json)

    def threshold(self) -> Mapping[str, Any] | None:
        """The frozen threshold of metrics.json, else of detector.json; None if neither has one."""
        for path in (self.metrics_json, self.detector_json):
            threshold = _checked(path, {"threshold": _OBJECT}).get("threshold")
            if threshold is not None:
                return dict(threshold)
        return None

    def warnings(self) -> list[str]:
        """Sentences to read before any metric, as noted in environment.json when the run was started."""
        warnings = list(self.environment().get("warnings") or [])
        if self.certificate().get("leaks") and not any("LEAK" in line for line in warnings):
            warnings.append(_LEAKS)
        return warnings

    def num_skipped(self) -> int | None:
        """The number of files left out when the data was read; None for a run that did not record it."""
        count: int | None = self.environment().get("num_skipped")
        return count

    def lost_groups(self) -> list[str]:
        """Groups of the data set of which no clip could be read."""
        return list(self.environment().get("lost_groups") or [])

    def probes(self) -> list[dict[str, Any]]:
        """`{feature, auc}` of the first audit: measured on media that may be gone by now."""
        return list(_checked(self.audit_json, {"shortcuts": _PROBES}).get("shortcuts") or [])

    def provenance(self) -> dict[str, Any]:
        """Where the metrics of the run come from: the same keys in every audit, None where unknown."""
        config = self.config() if self.is_begun else None
        environment, certificate = self.environment(), self.certificate()
        hashes = _checked(self.detector_json, {"hashes": _NAMES}).get("hashes") or {}
        return {
            **{name: environment.get(name) for name in ("command", "device", "python", "packages")},
            "data": config and config.data.root,
            "data_hash": certificate.get("data_hash"),
            "split": certificate.get("name"),
            "target": config and config.data.target,
            "seed": config and config.seed,
            "training": config and config.train.fairness(),
            "detector_hash": hashes.get("weights"),
        }


def _checked(path: Path, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The JSON object in a file, {} if there is no such file; a key may be missing or null.

    Raises UserError naming the key for a value that is not as it must be.
    """
    if not path.exists():
        return {}
    content = read_json(path)
    for key, (is_right, words) in checks.items():
        value = content.get(key)
        if value is not None and not is_right(value):
            raise UserError(f"{path}: {key} must be {words}, got {value!r:.60}")
    return content


def _all(values: Iterable[Any], kind: Any) -> bool:
    return all(isinstance(value, kind) for value in values)


def _is_probe(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("feature"), str):
        return False
    auc = value.get("auc")
    return auc is None or (isinstance(auc, float | int) and 0 <= auc <= 1)
