"""The model card of a run: README.md of its detector, from the files of the run alone.

Front matter as Hugging Face reads it (huggingface.co/docs/hub/model-cards); sections after Mitchell et al.,
"Model Cards for Model Reporting", FAT* 2019. It names no path of the machine that trained.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from avdf import __version__
from avdf.audit.page.formatting import count, four_digits, people, percent
from avdf.config.schema import SPLITS, Config
from avdf.errors import UserError
from avdf.run_folder import RunFolder
from avdf.sharing.card_figures import (
    attacks_markdown,
    beside_markdown,
    coverage_lines,
    groups_markdown,
    reported,
    shortcuts_markdown,
)

Content = Mapping[str, Any]
_TAGS = ("deepfake-detection", "audio-deepfake-detection", "anti-spoofing", "avdf")
_DETECTS = {
    "audio": "fake speech in a sound or video file",
    "video": "fake faces in a video file",
    "any": "video files whose speech or face is fake",
}
_NOT_FOR = """\
- **Not as evidence by itself.** A call is one measurement with the error rates above. It says nothing about
  who made a file, why, or whether what is said in it is true.
- **Not on people or groups of whom the report says "not enough data"**, and not to compare two people.
- **Not where sound has passed a channel like the worst one above**, unless its rates there are acceptable.
- **Not for attacks that are unlike those it was trained on**: see the row of attacks never trained on.
- **Not with another threshold, rate or length than those below** without measuring again.
"""


def model_card(run: RunFolder, license_name: str | None = None) -> str:
    """README.md of the detector of a finished run. Raises UserError for one without detector or audit."""
    if not run.detector_json.is_file():
        more = "; share one of its folds" if run.folds else "; give the folder of a finished run"
        raise UserError(f"{run.path}: holds no detector{more}")
    audit, config = run.audit_content(), run.config()
    sections = [
        _front_matter(run, audit, config, license_name),
        f"# {_title(config)}\n",
        _summary(audit, config),
        "## What its figures are worth\n",
        beside_markdown(run, audit),
        "## What it must not be used for\n",
        _NOT_FOR,
        "## Warnings of its report\n",
        _listed(audit["warnings"], nothing="None."),
        "## Data and split\n",
        _data(run, audit, config),
        "## Threshold\n",
        _threshold(audit["threshold"]),
        "## By group\n",
        _verdicts(audit["verdicts"]),
        groups_markdown(audit),
        "## By attack\n",
        attacks_markdown(audit),
        "## Shortcuts\n",
        shortcuts_markdown(audit),
        "## Use\n",
        _use(config),
        "## How it was made\n",
        _made(run, config),
    ]
    return "\n".join(section for section in sections if section)


def corpora_of(config: Config) -> list[str]:
    """The names of the corpora that a config trains on; a made-up data set is called demo."""
    if config.data.sources:
        return [str(source["name"]) for source in config.data.sources]
    return ["demo" if config.data.root == "demo" else config.data.corpus]


def _title(config: Config) -> str:
    encoders = " and ".join(str(encoder["name"]) for encoder in config.model.encoders.values())
    return f"{encoders}, trained on {' and '.join(corpora_of(config))}"


def _front_matter(run: RunFolder, audit: Content, config: Config, license_name: str | None) -> str:
    metrics = [
        {"type": kind, "name": name, "value": round(audit["overall"][key], 4)}
        for kind, key, name in reported()
        if audit["overall"][key] is not None
    ]
    corpora = corpora_of(config)
    dataset = {"type": "-".join(corpora), "name": f"{' and '.join(corpora)}, test split"}
    task = {"type": "audio-classification", "name": f"Detection of {_DETECTS[config.data.target]}"}
    content = {
        **({"license": license_name} if license_name else {}),
        "library_name": "avdf",
        "pipeline_tag": "audio-classification",
        "tags": list(_TAGS),
        "model-index": [
            {"name": _title(config), "results": [{"task": task, "dataset": dataset, "metrics": metrics}]}
        ],
    }
    return f"---\n{yaml.safe_dump(content, sort_keys=False, allow_unicode=True)}---\n"


def _summary(audit: Content, config: Config) -> str:
    return (
        f"A detector of {_DETECTS[config.data.target]}, made with avdf {__version__}. It gives a score from "
        "0 to 1, higher is more fake, and calls a file fake from "
        f"{four_digits(audit['threshold']['value'])} on. {_reads(config)}\n"
    )


def _reads(config: Config) -> str:
    """Which modalities it reads, in a sentence."""
    if not config.model.reads_frames:
        return "It reads the sound alone."
    frames, seconds = config.data.frames, config.data.seconds
    seen = f"{frames.num_frames} frames of {frames.width} x {frames.height} pixels of every {seconds:g} s"
    if "audio" not in config.model.encoders:
        return f"It reads the picture alone, {seen}."
    from avdf.detector import compares  # here: no other part of a card needs torch

    lacking = "gets no call" if compares(config.model) else "is called by the other"
    return f"It reads sound and picture, {seen}; a file that lacks one of them {lacking}."


def _data(run: RunFolder, audit: Content, config: Config) -> str:
    certificate = run.certificate()
    parts = certificate.get("parts") or {}
    sizes = ", ".join(
        f"{split} {count(part['num_clips'])} clips of {people(part['num_voices'])}"
        for split, part in ((split, parts[split]) for split in SPLITS if split in parts)
    )
    shared = certificate.get("pairs", {}).get("train-test") or {}
    sharing = (
        "**The split leaks**: people or recordings of training are in test, so the figures are too good."
        if certificate.get("leaks")
        else "Certified: train and test share "
        + ", ".join(f"{shared.get(f'num_shared_{kind}s', 0)} {kind}s" for kind in ("clip", "voice", "track"))
        + " (a track is one recording)."
    )
    skipped = run.num_skipped()
    lines = [
        f"Corpora: {', '.join(corpora_of(config))}. Split rule `{certificate.get('name')}`: {sizes}.",
        sharing,
        f"Files left out when the data was read: {'not recorded' if skipped is None else count(skipped)}.",
        f"Hash of the clip table: `{certificate.get('data_hash')}`.",
        *coverage_lines(audit),
    ]
    return "\n".join(f"- {line}" for line in lines) + "\n"


def _threshold(threshold: Content) -> str:
    return (
        f"{four_digits(threshold['value'])} (95 % interval over people {_ends(threshold['ci'])}), chosen on "
        f"{count(threshold['num_clips'])} {threshold['split']} clips of "
        f"{people(threshold['num_identities'])} to maximise F{threshold['beta']:g} at a prevalence of "
        f"{percent(threshold['prevalence'], 0)}, before any test clip was scored.\n"
    )


def _ends(ends: Sequence[float | None]) -> str:
    low, high = ends
    return "unknown" if low is None or high is None else f"{four_digits(low)} to {four_digits(high)}"


def _verdicts(verdicts: Sequence[Content]) -> str:
    return _listed(
        [f"{row['attribute']}, {row['harm']}: **{row['verdict']}**. {row['text']}" for row in verdicts],
        nothing="The data has no groups, so that nothing is known of whom it is wrong about.",
    )


def _listed(lines: Sequence[str], *, nothing: str) -> str:
    return ("\n".join(f"- {plain(line)}" for line in lines) or nothing) + "\n"


def plain(text: str) -> str:
    """Text from data on one line, of which Markdown and HTML make nothing else."""
    one_line = " ".join(text.split())
    return one_line.replace("&", "&amp;").replace("<", "&lt;").replace("`", "'").replace("|", r"\|")


def _use(config: Config) -> str:
    return (
        "    pip install 'avdf[train]'\n    avdf predict FOLDER_OF_THIS_DETECTOR recording.mp4\n\n"
        "```python\nimport avdf\n\ndetector = avdf.load_detector('FOLDER_OF_THIS_DETECTOR')\n"
        "print(avdf.predict(detector, 'recording.mp4'))\n```\n\n"
        f"Sound of any rate is resampled to {config.data.sample_rate_hz} Hz and scored in crops of "
        f"{config.data.seconds:g} s. The folder holds weights (safetensors) and JSON; loading it runs no "
        "code of it.\n"
    )


def _made(run: RunFolder, config: Config) -> str:
    known = run.provenance()
    packages = ", ".join(f"{name} {version}" for name, version in sorted((known["packages"] or {}).items()))
    model = yaml.safe_dump(_model(config), sort_keys=False).strip()
    trained = "\n".join(f"  {name}: {value}" for name, value in sorted(config.train.fairness().items()))
    return (
        f"Seed {config.seed}, train.epochs={config.train.epochs}, sha256 of the weights "
        f"`{known['detector_hash']}`.\n\n"
        f"```yaml\n{model}\ntrain:\n{trained}\n```\n\nPython {known['python']}, {packages}.\n"
    )


def _model(config: Config) -> dict[str, Any]:
    """The plugins and their settings, without files of the machine that trained."""
    model = config.model
    slots = {"features": model.features, "augment": model.augment, "encoders": model.encoders}
    return {"model": _without_paths({**slots, "fusion": model.fusion})}


def _without_paths(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_paths(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_paths(item) for item in value]
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value
