"""Makes fakes of mini and read_speech, trains configs/audio_robust.yaml on them, judges it on unseen attacks.

    python benchmarks/robust.py WORK --data DATA [--trained-faker DIR ...] [--attack DIR] [--seeds 0 1 2]
        [--leave-out gl+phase+transposed parametric+nearest nvoc] [key=value ...]

DATA holds mini and read_speech. WORK gets the copies, one run per seed (and per word of --leave-out),
tables.md, and attacks.csv (benchmarks/ablation.py sets several WORKs side by side). Training and threshold
see real clips and copies of them alone. The attacks of mini, which sources.csv names, are only judged.
`--leave-out gl` also trains without the own fakers of that kind, `gl+nearest` without those of both; they
are then judged as attacks, too. `--attack` is a folder of benchmarks/piper_attack.py. What is finished in
WORK is kept: the same command makes the rest.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from avdf.detection.loading import load_predictor
from avdf.detection.prediction import predict
from avdf.detector_folder import load_detector
from avdf.experiment.data import load_data
from avdf.experiment.machine import new_accelerator
from avdf.experiment.record import data_hash_of
from avdf.experiment.scores import score_split
from avdf.run_folder import RunFolder

TOP = Path(__file__).parents[1]
GRIFFIN_LIM = ("griffin_lim_mel", "griffin_lim_linear")
PARAMETRIC = ("world", "source_filter", "harmonic_noise", "cepstral_vocoder")
PHASE = ("phase_gradient", "phase_vocoder")
FAKERS = (*GRIFFIN_LIM, "spectral_svd", "lpc", *PARAMETRIC, *PHASE)
COPIES = {"mini": 8, "read_speech": 6}  # of each recording, by fakers in turn, most of them without its noise
KINDS = {  # own fakers that resemble an attack of mini, or whose decoders are of one kind
    "gl": GRIFFIN_LIM,
    "parametric": PARAMETRIC,
    "phase": PHASE,  # gl+phase: all that keeps magnitudes
    "nvoc": ("vocoder_istft", "codec_istft"),
    "transposed": ("codec_transposed", "vocoder_transposed_gan", "vocoder_transposed_gan_22k"),
    "nearest": ("codec_nearest", "vocoder_nearest", "vocoder_nearest_gan_22k"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("work", type=Path)
    add("--data", type=Path, required=True, help="the folder that holds mini and read_speech")
    add("--trained-faker", type=Path, action="append", default=[], help="a folder of avdf train_faker")
    add("--attack", type=Path, help="a folder of benchmarks/piper_attack.py")
    add("--seeds", type=int, nargs="+", default=[0])
    add("--leave-out", nargs="*", default=[], help=f"kinds not to train on, joined by +: {', '.join(KINDS)}")
    add("--workers", type=int, default=2, help="processes that make fakes (default: 2)")
    add("settings", nargs="*", help="settings of the training, as avdf train takes them")
    arguments = parser.parse_intermixed_args()
    made = make_fakes(arguments)
    rows, tables = [], []
    for without in [None, *arguments.leave_out]:
        for seed in arguments.seeds:
            run = trained(arguments, made, without, seed)
            rows += list(judged(arguments, run, without, seed))
            if run.stress_csv.is_file():
                tables.append((run, pd.read_csv(run.stress_csv)))
    channels = [channel_table(run, table) for run, table in tables]
    report = "\n\n".join([attack_table(pd.DataFrame(rows)), *channels])
    (arguments.work / "tables.md").write_text(report + "\n", "utf-8")
    pd.DataFrame(rows).assign(AUC=[row["AUC"][0] for row in rows]).to_csv(arguments.work / "attacks.csv")
    print(report)


def call(*words: object) -> None:
    done = subprocess.run([sys.executable, "-m", "avdf", *map(str, words)], cwd=TOP)
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)


def make_fakes(arguments: argparse.Namespace) -> dict[str, Path]:
    """The folders of copies of each corpus; copies that are there are kept."""
    table = ["--corpus", "table", "--table", "speaker=speaker", "groups=[gender]"]
    places = {
        "mini": [arguments.data / "mini" / "FakeAVCeleb_v1.2"],
        "read_speech": [arguments.data / "read_speech", *table],
    }
    how = ["--noise-suppressed", 0.75, "--cache", arguments.work.absolute() / "cache"]
    fakers = [*FAKERS, *(path.absolute() for path in arguments.trained_faker)]
    made = {name: (arguments.work / f"fakes_{name}").absolute() for name in places}
    for name, place in places.items():
        where = ["--out", made[name], "--per-clip", COPIES[name], "--workers", arguments.workers]
        call("make_fakes", *place, "--fakers", *fakers, *where, *how)
    return made


def trained(
    arguments: argparse.Namespace, made: dict[str, Path], without: str | None, seed: int
) -> RunFolder:
    """The run of a seed, without the own fakers that resemble an attack; one that is finished is kept."""
    run = RunFolder((arguments.work / f"{f'without-{without}' if without else 'all'}-{seed}").absolute())
    if run.metrics_json.is_file():
        return run
    data = arguments.data.absolute()
    sources = (
        f"[{{name: fakeavceleb, root: {data / 'mini' / 'FakeAVCeleb_v1.2'}, alias: mini}}, {{name: table, "
        f"root: {data / 'read_speech'}, alias: read_speech, speaker: speaker, groups: [gender]}}]"
    )
    known = {name for folder in made.values() for name in pd.read_csv(folder / "fakes.csv")["audio_attack"]}
    kept = sorted(known - fakers_of(without))
    settings = [
        f"data.sources={sources}",
        "data.fakes.root=null",
        f"data.fakes.roots={{{', '.join(f'{name}: {folder}' for name, folder in made.items())}}}",
        f"data.fakes.fakers=[{', '.join(kept)}]",
        f"data.cache={arguments.work.absolute() / 'cache'}",
        f"seed={seed}",
        f"run.dir={run.path}",
        "run.trackers=[]",
        *(["evaluation.stress=none"] if without else []),  # channels are judged with all fakers
    ]
    call("train", TOP / "configs" / "audio_robust.yaml", *settings, *arguments.settings)
    return run


def fakers_of(kinds: str | None) -> set[str]:
    """gl+nearest -> the own fakers of both kinds."""
    return {faker for kind in (kinds or "").split("+") if kind for faker in KINDS[kind]}


def judged(
    arguments: argparse.Namespace, run: RunFolder, without: str | None, seed: int
) -> Iterator[dict[str, Any]]:
    """Per attack its AUC, the share of fakes missed at the frozen threshold, and that of real clips accused.

    Copies by own fakers are judged against the real clips of all test people: those of training as one
    attack, those that were left out by themselves. The attacks of mini and the clips of `--attack` are judged
    against the real clips of mini, on people of test and validation: these chose the threshold, and nothing
    else if train.checkpoint is last. FPR is that of test.
    """
    scores, threshold = all_scores(run), run.metrics()["threshold"]["value"]
    sources = pd.read_csv(arguments.data / "mini" / "sources.csv").set_index("path")["audio_faker"]
    unseen = scores[scores["clip"].str.startswith("mini/")]
    unseen = unseen.assign(attack=sources.loc[unseen["clip"].str.removeprefix("mini/")].to_numpy())
    if arguments.attack:
        unseen = pd.concat([unseen, piper_rows(arguments.attack, run, unseen)], ignore_index=True)
    is_own = scores["clip"].str.startswith("fakes/") | (scores["is_fake"] == 0)
    own = scores[is_own & (scores["split"] == "test")]
    is_left_out = own["audio_attack"].isin(fakers_of(without))
    own = own.assign(attack=("own " + own["audio_attack"]).where(is_left_out, "own fakers"))
    for table in (own, unseen):
        reals = table[table["is_fake"] == 0]
        for attack, fakes in table[table["is_fake"] == 1].groupby("attack"):
            yield {
                "trained": f"without {without}" if without else "all own fakers",
                "attack": attack,
                "seed": seed,
                "AUC": aucs(reals, fakes),
                "FNR": (fakes["score"] < threshold).mean(),
                "FPR": (reals["score"][reals["split"] == "test"] >= threshold).mean(),
            }


def all_scores(run: RunFolder) -> pd.DataFrame:
    """The scores of validation and test, with copies and with the fakes of the corpus in both."""
    config = run.config()
    with_all = replace(config.data.fakes, fakers=[], in_test=True, in_validation=True, corpus_fakes_in=None)
    config = replace(config, data=replace(config.data, fakes=with_all))
    data = load_data(config, data_hash=data_hash_of(run))
    detector, _ = load_detector(run.detector)
    accelerator = new_accelerator(config, None)
    return pd.concat(
        [score_split(config, detector, data, split, accelerator) for split in ("validation", "test")]
    )


def aucs(reals: pd.DataFrame, fakes: pd.DataFrame, num_draws: int = 1000) -> tuple[float, float, float]:
    """The AUC and its 95 % interval over people, who are drawn with all their clips; rough for few people."""
    people = sorted({*reals["identity"], *fakes["identity"]})
    is_higher = fakes["score"].to_numpy()[None, :] > reals["score"].to_numpy()[:, None]
    is_equal = fakes["score"].to_numpy()[None, :] == reals["score"].to_numpy()[:, None]
    wins = is_higher + 0.5 * is_equal
    draws = np.random.default_rng(0).multinomial(
        len(people), np.full(len(people), 1 / len(people)), num_draws
    )
    of_reals, of_fakes = (
        draws[:, [people.index(name) for name in rows["identity"]]].astype(float) for rows in (reals, fakes)
    )
    pairs = of_reals.sum(axis=1) * of_fakes.sum(axis=1)
    drawn = np.einsum("dr,rf,df->d", of_reals, wins, of_fakes, optimize=True)[pairs > 0] / pairs[pairs > 0]
    return float(wins.mean()), float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def piper_rows(folder: Path, run: RunFolder, like: pd.DataFrame) -> pd.DataFrame:
    """Scores of the clips of an attack by one voice, as rows of the test split."""
    files = sorted((folder / "audio").iterdir())
    calls = [call for call in predict(load_predictor(run.detector), files) if call["score"] is not None]
    rows = pd.DataFrame(
        {"clip": [call["path"] for call in calls], "score": [call["score"] for call in calls]}
    )
    return rows.assign(split="test", is_fake=1, attack="piper", identity="piper").reindex(
        columns=like.columns
    )


def attack_table(rows: pd.DataFrame) -> str:
    """Markdown: the mean over seeds per attack, and the interval of the first seed."""
    head = "| trained | attack | AUC | interval over people, first seed | missed | real called fake |"
    lines = [head, "|---|---|---|---|---|---|"]
    for (trained_on, attack), of_attack in rows.groupby(["trained", "attack"]):
        _, low, high = of_attack["AUC"].iloc[0]
        fnr, fpr = (of_attack[name].mean() for name in ("FNR", "FPR"))
        mean = np.mean([auc for auc, _, _ in of_attack["AUC"]])
        lines.append(
            f"| {trained_on} | {attack} | {mean:.3f} | {low:.2f} to {high:.2f} | {fnr:.1%} | {fpr:.1%} |"
        )
    unseen = {
        str(attack): np.mean([auc for auc, _, _ in of_attack["AUC"]])
        for (trained_on, attack), of_attack in rows.groupby(["trained", "attack"])
        if is_of(str(attack), str(trained_on).removeprefix("without "))
    }
    if unseen:
        worst = min(unseen, key=lambda attack: unseen[attack])
        mean = np.mean(list(unseen.values()))
        lines += ["", f"Mean AUC of {len(unseen)} attacks left out: {mean:.3f}; {worst} {unseen[worst]:.3f}"]
    return "\n".join(lines)


def is_of(attack: str, kinds: str) -> bool:
    """Whether an attack, of mini or by an own faker, is of one of the kinds, as in gl+nearest."""
    return any(attack.removeprefix("own ") in (kind, *KINDS.get(kind, ())) for kind in kinds.split("+"))


def channel_table(run: RunFolder, stress: pd.DataFrame) -> str:
    """Markdown: FPR, FNR and AUC of a run through each channel."""
    wide = stress.pivot(index="condition", columns="metric", values="value").loc[stress["condition"].unique()]
    seen = stress.drop_duplicates("condition").set_index("condition")["seen_in_training"]
    head = "| condition | real called fake | missed | AUC | had in training |"
    lines = [run.name, "", head, "|---|---|---|---|---|"]
    for name, row in wide.iterrows():
        lines.append(f"| {name} | {row['fpr']:.1%} | {row['fnr']:.1%} | {row['auc']:.3f} | {seen[name]} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
