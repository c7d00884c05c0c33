"""A detector folder or an exported detector -> a predictor, with PyTorch or with ONNX Runtime."""

from dataclasses import dataclass, replace
from pathlib import Path

from avdf.config.bounds import check_between
from avdf.config.detector_json import FACTS_NAME, DetectorFacts, read_detector_json
from avdf.config.evaluation import Whole
from avdf.detection.answers import Rule
from avdf.detection.prediction import Predictor, Scorer
from avdf.errors import UserError

NO_CALIBRATION = "the detector was saved without a calibration; train it again, or read the score alone"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a user may choose: how a file's score is made of its crops (default: as trained), prevalence."""

    whole: Whole | None = None
    prevalence: float | None = None

    def __post_init__(self) -> None:
        try:
            check_between(self, "prevalence")
        except ValueError as error:
            raise UserError(f"--{error}") from error


_AS_TRAINED = Choices()


def load_predictor(folder: Path, choices: Choices = _AS_TRAINED) -> Predictor:
    """Reads a detector folder, for the device that PyTorch finds.

    Raises UserError where it is none, or lacks what was chosen.
    """
    from avdf.detection.torch_scorer import TorchScorer
    from avdf.detector_folder import load_detector
    from avdf.passes import best_device

    detector, facts = load_detector(folder)
    device = best_device()
    predictor = predictor_of(facts, TorchScorer(detector.to(device), device), choices, folder)
    if facts.frames is None:
        return predictor
    from avdf.detection.eyes import Eyes

    return replace(predictor, eyes=Eyes(detector, facts.frames.as_config(), device))


def load_exported_predictor(path: Path, choices: Choices = _AS_TRAINED) -> Predictor:
    """Reads an .onnx file of `avdf export`, or detector.onnx in a detector folder. Loads no torch.

    Raises UserError where there is none, or one of other weights than those in the folder.
    """
    from avdf.detection.onnx_file import NAME, OnnxScorer, facts_in, open_session

    file = path / NAME if path.is_dir() else path
    session = open_session(file)
    facts = facts_in(session, file)
    if (beside := path / FACTS_NAME).is_file():
        stored = read_detector_json(beside)
        if stored.hashes.weights != facts.hashes.weights:
            raise UserError(f"{file}: was exported from other weights than those in {path}; export it again")
        facts = stored
    return predictor_of(facts, OnnxScorer(session), choices, path)


def predictor_of(facts: DetectorFacts, scorer: Scorer, choices: Choices, folder: Path) -> Predictor:
    """A predictor of what detector.json says. Raises UserError for a `whole` without a threshold."""
    return Predictor(
        scorer=scorer,
        rule=_rule(facts, choices, folder),
        sample_rate_hz=facts.sample_rate_hz,
        seconds=facts.seconds,
        skip_start_s=facts.skip_start_s,
        num_crops=facts.num_crops,
        training_sound=facts.training_sound,
        weights_hash=facts.hashes.weights,
    )


def _rule(facts: DetectorFacts, choices: Choices, folder: Path) -> Rule:
    prevalence = choices.prevalence or facts.threshold.prevalence
    if choices.whole in (None, facts.whole):
        return Rule(
            threshold=facts.threshold.value,
            whole=facts.whole,
            calibration=facts.calibration,
            reason=facts.calibration_reason or NO_CALIBRATION,
            prevalence=prevalence,
        )
    if choices.whole not in facts.thresholds:
        raise UserError(
            f"--whole {choices.whole}: {folder} has a threshold for {facts.whole} alone; train the detector "
            f"again, or with evaluation.whole={choices.whole}"
        )
    return Rule(
        threshold=facts.thresholds[choices.whole].value,
        whole=choices.whole,
        reason=f"the calibration is of scores by the {facts.whole}, not by the {choices.whole}",
        prevalence=prevalence,
    )
