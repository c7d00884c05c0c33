"""The files of one run: their names, and the facts stored in them. Loads no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from avdf.config.calibration import Calibration
from avdf.config.run_json import (
    CALIBRATION,
    CERTIFICATE,
    ENVIRONMENT,
    FOLDS,
    HASHES,
    SHORTCUTS,
    THRESHOLD,
    checked,
)
from avdf.config.schema import Config
from avdf.config.stress_json import StressDigest, read_stress_digest
from avdf.config.strict import strictly_typed
from avdf.errors import ConfigError, UserError
from avdf.files import read_json, text_hash

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
    validation_channels_csv = _Inside("validation_channels.csv")
    metrics_json = _Inside("metrics.json")
    stress_csv = _Inside("stress.csv")
    stress = _Inside("stress")
    stress_json = _Inside("stress/stress.json")
    stress_html = _Inside("stress/stress.html")
    stress_unfinished_csv = _Inside("stress-unfinished.csv")
    elsewhere = _Inside("elsewhere")
    domains = _Inside("elsewhere/domains")
    domains_html = _Inside("elsewhere/domains/domains.html")
    domains_json = _Inside("elsewhere/domains/domains.json")
    domains_csv = _Inside("elsewhere/domains/domains.csv")
    unseen_attacks = _Inside("unseen_attacks")
    unseen_attacks_json = _Inside("unseen_attacks/unseen_attacks.json")
    unseen_attacks_csv = _Inside("unseen_attacks/unseen_attacks.csv")
    unseen_attacks_html = _Inside("unseen_attacks/unseen_attacks.html")
    audit = _Inside("audit")
    audit_json = _Inside(f"audit/{AUDIT_JSON}")
    audit_html = _Inside(f"audit/{AUDIT_HTML}")
    # Of a run of every fold: what each fold chose. Of a fold: what its process said.
    folds_json = _Inside("folds.json")
    train_log = _Inside("train.log")

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

    def folders_elsewhere(self) -> list["RunFolder"]:
        """The folders of the other corpora that the detector was scored on, by name."""
        folders = sorted(self.elsewhere.iterdir()) if self.elsewhere.is_dir() else []
        return [run for run in map(RunFolder, folders) if run.metrics_json.is_file()]

    def fold(self, number: int) -> "RunFolder":
        """The run of one fold, of a run that trains every fold."""
        return RunFolder(self.path / f"fold-{number}")

    @property
    def with_all_attacks(self) -> "RunFolder":
        """Of a run that leaves out each attack in turn: the run that is trained on all of them."""
        return RunFolder(self.path / "all-attacks")

    def without_attack(self, attack: str) -> "RunFolder":
        """The run that never trains on an attack; other signs than letters, digits and - become _."""
        plain = "".join(
            sign if sign.isascii() and (sign.isalnum() or sign == "-") else "_" for sign in attack
        )
        name = plain if plain == attack else f"{plain}-{text_hash(attack)[:6]}"
        return RunFolder(self.path / f"without-{name}")

    @property
    def folds(self) -> list["RunFolder"]:
        """The runs of the folds, of a run that trains every fold, each in a separate folder; else none."""
        return list(takewhile(lambda fold: fold.path.is_dir(), map(self.fold, count())))

    @property
    def is_done(self) -> bool:
        """Whether the run came to its end: the audit is written last."""
        return self.audit_json.is_file()

    def config(self) -> Config:
        """The resolved config that the run was started with. Raises ConfigError if it is no run."""
        if not self.is_begun:
            raise ConfigError(f"{self.path}: no run there (it has no {self.config_yaml.name})")
        from avdf.config.loading import (
            load_config,  # here, since reading YAML takes a tenth of a second to load
        )

        return load_config(self.config_yaml)

    def environment(self) -> dict[str, Any]:
        """Versions, machine, command, device and warnings; see avdf/experiment/record.py."""
        return checked(self.environment_json, ENVIRONMENT)

    def certificate(self) -> dict[str, Any]:
        """What the splits share; see avdf/data/splits/certificate.py."""
        return checked(self.certificate_json, CERTIFICATE)

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
            threshold = checked(path, THRESHOLD).get("threshold")
            if threshold is not None:
                return dict(threshold)
        return None

    def warnings(self) -> list[str]:
        """Sentences to read before any metric, as noted in environment.json when the run was started.

        Of a run of every fold, those that all folds have.
        """
        if folds := self.folds:
            return common_warnings(folds)
        warnings = list(self.environment().get("warnings") or [])
        is_said = any("LEAK" in line or "SHARED WITH TRAINING" in line for line in warnings)
        return [*warnings, _LEAKS] if self.certificate().get("leaks") and not is_said else warnings

    def choices_of_folds(self) -> dict[str, Any] | None:
        """What each fold chose, and on which clips; see avdf/experiment/many_runs/choices.py."""
        return checked(self.folds_json, FOLDS) or None

    def num_skipped(self) -> int | None:
        """The number of files left out when the data was read; None for a run that did not record it."""
        number: int | None = self._environment_of_data().get("num_skipped")
        return number

    def lost_groups(self) -> list[str]:
        """Groups of the data set of which no clip could be read."""
        return list(self._environment_of_data().get("lost_groups") or [])

    def probes(self) -> list[dict[str, Any]]:
        """`{feature, auc}` of the first audit: measured on media that may be gone by now."""
        return list(checked(self.audit_json, SHORTCUTS).get("shortcuts") or [])

    def calibration(self) -> Calibration | None:
        """The map to log-likelihood ratios in detector.json; None without one. Raises UserError."""
        stored = checked(self.detector_json, CALIBRATION).get("calibration")
        try:
            return None if stored is None else strictly_typed(Calibration, stored, "calibration")
        except ConfigError as error:
            raise UserError(f"{self.detector_json}: {error}") from error

    def stress_digest(self) -> StressDigest | None:
        """What an audit shows of the stress test; None if there was none. Raises UserError."""
        return read_stress_digest(self.stress_json)

    def provenance(self) -> dict[str, Any]:
        """Where the metrics of the run come from: the same keys in every audit, None where unknown."""
        if folds := self.folds:
            return {**joint_provenance(folds), "folds": len(folds)}
        config = self.config() if self.is_begun else None
        environment, certificate = self.environment(), self.certificate()
        hashes = checked(self.detector_json, HASHES).get("hashes") or {}
        return {
            **{name: environment.get(name) for name in ("command", "device", "python", "packages")},
            "data": config and _data_of(config),
            "data_hash": certificate.get("data_hash"),
            "split": certificate.get("name"),
            "target": config and config.data.target,
            "seed": config and config.seed,
            "training": config and config.train.fairness(),
            "detector_hash": hashes.get("weights"),
        }

    def _environment_of_data(self) -> dict[str, Any]:
        """The environment.json with the facts of the data, which are the same in every fold."""
        return (self.folds or [self])[0].environment()


def _data_of(config: Config) -> str:
    """The folder of the data, or those of its corpora."""
    sources = (f"{source.get('alias') or source['name']}: {source['root']}" for source in config.data.sources)
    return ", ".join(sources) or config.data.root


def joint_provenance(runs: Sequence[RunFolder]) -> dict[str, Any]:
    """The provenance of the first of several runs, with the hashes of all their detectors."""
    of_runs = [run.provenance() for run in runs]
    return {**of_runs[0], "detector_hash": ", ".join(str(item["detector_hash"]) for item in of_runs)}


def common_warnings(runs: Sequence[RunFolder]) -> list[str]:
    """The warnings that all of several runs have."""
    first, *others = (run.warnings() for run in runs)
    return [line for line in first if all(line in other for other in others)]
