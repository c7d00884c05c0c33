"""The files of one run: their names, and what a run says about itself. Loads no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avdf.config.loading import load_config
from avdf.config.schema import Config
from avdf.errors import ConfigError, UserError
from avdf.files import read_json

AUDIT_JSON, AUDIT_HTML = "audit.json", "audit.html"  # in the folder of any audit
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

    A folder that was put together by hand may lack any file: what it would say is None or empty then.

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

    @property
    def is_done(self) -> bool:
        """Whether the run came to its end: the audit is written last."""
        return self.audit_json.is_file()

    def config(self) -> Config:
        """The resolved config that the run was started with. Raises ConfigError where it is no run."""
        if not self.is_begun:
            raise ConfigError(f"{self.path}: no run there (it has no {self.config_yaml.name})")
        return load_config(self.config_yaml)

    def environment(self) -> dict[str, Any]:
        """Versions, machine, command, device and warnings; see avdf/experiment/record.py."""
        return _read_if_there(self.environment_json)

    def certificate(self) -> dict[str, Any]:
        """What the splits share; see avdf/data/splits/certificate.py."""
        return _read_if_there(self.certificate_json)

    def audit_content(self) -> dict[str, Any]:
        """What audit.json holds. Raises UserError where the run was not audited."""
        if not self.is_done:
            raise UserError(f"{self.path}: the run is not finished; go on with --resume {self.path}")
        return read_json(self.audit_json)

    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds. Raises UserError where it is missing."""
        return read_json(self.metrics_json)

    def threshold(self) -> Mapping[str, Any] | None:
        """The frozen threshold as metrics.json, else detector.json has it; None where neither does."""
        for path in (self.metrics_json, self.detector_json):
            threshold = _read_if_there(path).get("threshold")
            if isinstance(threshold, dict):
                return threshold
        return None

    def warnings(self) -> list[str]:
        """What must be read before any metric, as noted in environment.json when the run was started."""
        noted = self.environment().get("warnings", [])
        warnings = [str(line) for line in noted] if isinstance(noted, list) else []
        if self.certificate().get("leaks") and not any("LEAK" in line for line in warnings):
            warnings.append(_LEAKS)
        return warnings

    def num_skipped(self) -> int | None:
        """How many files were left out when the data was read; None for a run that did not note it."""
        count = self.environment().get("num_skipped")
        return count if isinstance(count, int) else None

    def probes(self) -> Sequence[Mapping[str, Any]]:
        """`{feature, auc}` of the first audit: measured on media that may be gone by now."""
        probes = _read_if_there(self.audit_json).get("shortcuts", [])
        return [probe for probe in probes if isinstance(probe, dict)] if isinstance(probes, list) else []

    def provenance(self) -> dict[str, Any]:
        """Where the metrics of the run come from: the same keys in every audit, None where unknown."""
        config = self.config() if self.is_begun else None
        environment, certificate = self.environment(), self.certificate()
        detector = _read_if_there(self.detector_json)
        hashes = detector.get("hashes")
        return {
            "command": environment.get("command"),
            "device": environment.get("device"),
            "python": environment.get("python"),
            "packages": environment.get("packages"),
            "data": config and config.data.root,
            "data_hash": certificate.get("data_hash"),
            "split": certificate.get("name"),
            "target": config and config.data.target,
            "seed": config and config.seed,
            "training": config and config.train.fairness(),
            "detector_hash": hashes.get("weights") if isinstance(hashes, dict) else None,
        }


def _read_if_there(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}
