"""Score one split of a run's data again, or another corpus, at the threshold stored in the detector.

    avdf evaluate RUN [--split test] [--root PATH] [--out DIR]
    avdf evaluate RUN --corpus NAME --root PATH [--split all|official] [--out DIR]

The first writes scores.csv and metrics.json to RUN/evaluation-SPLIT. The second writes scores.csv,
metrics.json and audit/ to RUN/elsewhere/NAME, says what the corpus shares with the training, and puts all
corpora beside the run's own test split in RUN/elsewhere/domains/domains.html.

The last line gives AUC and F2 and says where the files are.
"""

import argparse
from typing import TYPE_CHECKING, Any

from avdf.commands.parsing import is_name, name, path, settings
from avdf.config.schema import SPLITS
from avdf.errors import UserError

if TYPE_CHECKING:
    from avdf.run_folder import RunFolder

LISTS = {"--table": is_name, "--speakers": is_name}
_WHICH = ("all", "official")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("run", type=path, metavar="RUN", help="a run folder")
    add("--split", choices=(*SPLITS, *_WHICH), help="default: test; all or official with --corpus")
    add("--corpus", metavar="NAME", help="score another corpus; avdf corpora lists them")
    add("--root", type=path, metavar="PATH", help="the corpus, or where the run's data is now")
    add("--table", action="append", type=name, metavar="KEY=COLUMN ...", help="its columns, of corpus table")
    add("--speakers", action="append", type=name, metavar="KEY=VALUE ...", help="a table of people")
    add("--no-comparison", action="store_true", help="do not compare recordings with those of the training")
    add("--out", type=path, metavar="DIR", help="where to write (default: in RUN)")
    add("--overwrite", action="store_true", help="replace what an earlier --corpus wrote")


def main(arguments: argparse.Namespace) -> None:
    if arguments.corpus is None:
        _own_data(arguments)
    else:
        _elsewhere(arguments)


def _own_data(arguments: argparse.Namespace) -> None:
    split = arguments.split or SPLITS[-1]
    for option in ("table", "speakers", "no_comparison", "overwrite"):
        if getattr(arguments, option):
            raise UserError(f"--{option.replace('_', '-')}: goes with --corpus NAME --root PATH")
    if split in _WHICH:
        raise UserError(f"--split {split}: goes with --corpus; name one of {', '.join(SPLITS)}")
    from avdf.experiment.evaluate import evaluate_run
    from avdf.run_folder import RunFolder

    out = arguments.out or RunFolder(arguments.run).evaluation(split)
    metrics = evaluate_run(arguments.run, split, out, root=arguments.root)
    print(_beside(RunFolder(arguments.run)))
    print(f"{_figures(metrics)}; scores and metrics are in {out}")


def _elsewhere(arguments: argparse.Namespace) -> None:
    if arguments.root is None:
        raise UserError(f"--root: say where the corpus {arguments.corpus} is, as in --root PATH")
    if arguments.split in SPLITS:
        raise UserError(f"--split {arguments.split}: of another corpus, name all or official")
    from avdf.command import command_line
    from avdf.config.loading import typed
    from avdf.config.schema import DataConfig
    from avdf.experiment.elsewhere import Elsewhere, evaluate_elsewhere
    from avdf.run_folder import RunFolder

    data = {
        "corpus": arguments.corpus,
        "root": str(arguments.root),
        "table": settings(arguments.table or (), "--table"),
        "speakers": settings(arguments.speakers or (), "--speakers"),
    }
    judged = evaluate_elsewhere(
        arguments.run,
        Elsewhere(
            data=typed(DataConfig, data, "data"),
            which="official" if arguments.split == "official" else "all",
            compare=not arguments.no_comparison,
        ),
        arguments.out,
        command=command_line(),
        overwrite=arguments.overwrite,
    )
    for warning in judged.warnings():
        print(warning)
    if judged.path.parent == RunFolder(arguments.run).elsewhere:
        print(RunFolder(arguments.run).domains_html)
    print(_beside(judged))
    print(
        f"{_figures(judged.metrics()['splits'][SPLITS[-1]])}; scores, metrics and audit are in {judged.path}"
    )


def _beside(run: "RunFolder") -> str:
    """What goes beside the AUC of clips as recorded, since that figure alone says little of other uses."""
    from avdf.audit.page.attack_tables import unseen_tile

    digest = run.stress_digest()
    worst = digest.beside("auc") if digest else "not measured (avdf stress measures it)"
    tile = unseen_tile(run.audit_content()) if run.is_done else None
    unseen = f"{tile[0]} ({tile[1]})" if tile else "not measured"
    return f"AUC through the worst channel: {worst}; on attacks that training never had: {unseen}"


def _figures(metrics: dict[str, Any]) -> str:
    auc, f2 = ("undefined" if metrics[key] is None else f"{metrics[key]:.4f}" for key in ("auc", "f2"))
    return f"AUC {auc}, F2 {f2} at the frozen threshold"
