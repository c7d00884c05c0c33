"""Speed of the audit, and coverage and power of its statistics in simulations; prints tables.

    python benchmarks/audit.py speed [--rows 21544] [--people 500]
    python benchmarks/audit.py fairlearn
    python benchmarks/audit.py coverage
    python benchmarks/audit.py gaps

`speed`: the content of audit.json, without drawings (B = 2000, P = 9,999, 10 cells). `fairlearn`: its
bootstrap of two rates on the same table. `coverage`, `gaps`: simulated tables, beta-binomial errors in 20
clips per person.
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd

CLIPS = 20
RACES = ("African", "Asian (East)", "Asian (South)", "Caucasian (American)", "Caucasian (European)")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("speed", "fairlearn", "coverage", "gaps"))
    parser.add_argument("--rows", type=int, default=21_544)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=None)
    arguments = parser.parse_args()
    if arguments.what == "speed":
        speed(arguments.rows, arguments.people)
    elif arguments.what == "fairlearn":
        beside_fairlearn(arguments.rows, arguments.people)
    elif arguments.what == "coverage":
        coverage(arguments.repeats or 2000)
    else:
        gaps(arguments.repeats or 1000)


def made_scores(num_rows: int, num_people: int) -> pd.DataFrame:
    """A test split of that size in 5 x 2 cells."""
    rng = np.random.default_rng(0)
    who = np.arange(num_rows) % num_people
    fake = rng.random(num_rows) < 0.53
    logit = 3.0 * fake - 1.5 + rng.normal(0, 0.7, num_people)[who] + rng.normal(0, 1, num_rows)
    names = np.array([f"id{person:07d}" for person in range(num_people)], dtype=object)
    return pd.DataFrame(
        {
            "split": "test",
            "is_fake": fake.astype(int),
            "score": 1 / (1 + np.exp(-logit)),
            "identity": names[who],
            "race": np.array(RACES, dtype=object)[who % 5],
            "gender": np.array(["men", "women"], dtype=object)[who // 5 % 2],
            "method": np.where(fake, "rtvc", "real"),
        }
    )


def speed(num_rows: int, num_people: int) -> None:
    from avdf.audit.content import audit_content
    from avdf.audit.sources import AuditInput
    from avdf.evaluation.scores import CheckedScores
    from avdf.evaluation.threshold import given_threshold
    from avdf.files import json_text

    scores = made_scores(num_rows, num_people)
    start, cpu = time.perf_counter(), time.process_time()
    groups = ("race", "gender")
    checked = CheckedScores.of(scores, groups)
    content = audit_content(AuditInput(scores=checked, threshold=given_threshold(0.3), groups=groups), seed=0)
    json_text(content)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{num_rows} rows, {num_people} people, {len(content['groups'])} metrics, 6 tests:")
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    print(f"{wall:.2f} s wall, {used:.2f} s of processor time, {memory:.2f} GiB at most")


def beside_fairlearn(num_rows: int, num_people: int) -> None:
    from fairlearn.metrics import MetricFrame, false_negative_rate, false_positive_rate

    scores = made_scores(num_rows, num_people)
    called = (scores["score"] >= 0.3).astype(int)
    start, cpu, draws = time.perf_counter(), time.process_time(), 50
    MetricFrame(
        metrics={"fpr": false_positive_rate, "fnr": false_negative_rate},
        y_true=scores["is_fake"],
        y_pred=called,
        sensitive_features=scores[["race", "gender"]],
        n_boot=draws,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    print(f"fairlearn, 2 rates, {draws} draws of rows: {wall:.1f} s wall, {used:.1f} s of processor time;")
    print(
        f"2000 draws: about {wall * 2000 / draws:.0f} s wall, {used * 2000 / draws:.0f} s of processor time"
    )


def errors_of(rng: np.random.Generator, shape: tuple[int, ...], rate: float, likeness: float) -> np.ndarray:
    """Errors in 20 clips per person; `likeness` is the intraclass correlation."""
    if likeness == 0.0:
        return rng.binomial(CLIPS, rate, shape).astype(float)
    size = 1.0 / likeness - 1.0
    return rng.binomial(CLIPS, rng.beta(rate * size, (1.0 - rate) * size, shape)).astype(float)


def coverage(repeats: int) -> None:
    """Share of tables whose 95 % interval covers the true rate, for ours and for the plain bootstrap."""
    from avdf.evaluation.intervals import rate_interval

    print(f"{repeats} tables per line (bootstrap: {repeats // 5})")
    print("people  rate  likeness  covered  width  bootstrap covers")
    for num in (10, 20, 50, 100):
        for rate in (0.02, 0.05, 0.15, 0.3, 0.5):
            for likeness in (0.0, 0.05, 0.1, 0.2, 0.4):
                rng = np.random.default_rng([num, round(1000 * rate), round(1000 * likeness)])
                errors, rows = errors_of(rng, (repeats, num), rate, likeness), np.full(num, float(CLIPS))
                estimates = [rate_interval(line, rows) for line in errors]
                covered = np.mean([estimate.low <= rate <= estimate.high for estimate in estimates])
                width = np.mean([estimate.high - estimate.low for estimate in estimates])
                few = errors[: repeats // 5]
                drawn = few[:, rng.integers(0, num, (400, num))].mean(axis=2) / CLIPS
                low, high = np.quantile(drawn, (0.025, 0.975), axis=1)
                plain = np.mean((low <= rate) & (rate <= high))
                print(f"{num:6} {rate:5} {likeness:9} {covered:8.1%} {width:6.3f} {plain:17.1%}", flush=True)


def gaps(repeats: int) -> None:
    """Share of tables in which the test shows a gap, with and without a true gap."""
    from avdf.evaluation.permutation import gap_test

    print(f"{repeats} tables per line, 999 permutations, likeness 0.2: share of tables with p <= 0.05")
    for groups, num, rates in (
        *((count, num, [0.2] * count) for count in (2, 5, 10) for num in (5, 10, 20, 50, 100)),
        *((2, num, [0.05, 0.35]) for num in (10, 20, 50, 100)),
        *((5, num, [0.1, 0.1, 0.1, 0.1, 0.3]) for num in (10, 20, 50, 100)),
        *((2, num, [0.1, 0.2]) for num in (20, 50, 100)),
    ):
        rng = np.random.default_rng([groups, num, round(100 * rates[-1])])
        rows, num_shown = [np.full(num, float(CLIPS))] * groups, 0
        for number in range(repeats):
            errors = [errors_of(rng, (num,), rate, 0.2) for rate in rates]
            num_shown += gap_test(errors, rows, np.random.default_rng(number), 999).p <= 0.05
        kind = "no gap" if len(set(rates)) == 1 else f"gap {max(rates) - min(rates):.2f}"
        print(f"{groups:3} groups of {num:3} people, {kind}: {num_shown / repeats:.1%}", flush=True)


if __name__ == "__main__":
    main()
