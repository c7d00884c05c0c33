"""Split a clip table into train, validation and test, and certify what the splits share.

    avdf split CLIPS --name voice [--seed N] --out DIR

CLIPS is the clips.csv of `avdf prepare`. Writes split.csv (clip, split) and certificate.json. The rules and
what they promise: docs/splits.md.

The last line is DIR.
"""

import argparse
from typing import Any

from avdf.command import loading
from avdf.commands.parsing import check_bounds, finite, is_name, name, path
from avdf.config.schema import SPLIT_RULES
from avdf.errors import ConfigError

LISTS = {"--group": is_name, "--methods": is_name, "--corpora": is_name, "--attacks": is_name}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("clips", type=path, metavar="CLIPS", help="a clips.csv")
    add("--out", type=path, required=True, metavar="DIR", help="where split.csv and certificate.json go")
    add("--name", choices=SPLIT_RULES, default="voice", help="the rule (default: voice)")
    add("--seed", type=int, default=0, metavar="N", help="default: 0")
    add("--validation", type=finite, metavar="SHARE", help="share of the clips (default: 0.15)")
    add("--test", type=finite, metavar="SHARE", help="share of the clips (default: 0.15)")
    add("--folds", type=int, metavar="K", help="voice, strict: cross-validation with K folds")
    add("--fold", type=int, metavar="I", help="which of them is the test split, from 0")
    add(
        "--group",
        action="append",
        type=name,
        metavar="COLUMN=VALUE ...",
        help="leave_group_out, as in race=African",
    )
    add("--methods", action="append", type=name, metavar="METHOD ...", help="leave_method_out: wav2lip")
    add("--corpora", action="append", type=name, metavar="CORPUS ...", help="leave_corpus_out: spoofceleb")
    add("--attacks", action="append", type=name, metavar="ATTACK ...", help="leave_attack_out: A17")
    add("--num-train-per-class", type=int, metavar="N", help="clip: so many real and fake clips train")
    add("--num-train-voices", type=int, metavar="N", help="voice, strict: so many people train")
    add("--path", metavar="CSV", help="file: a CSV of clip and split")
    add("--target", choices=("audio", "video", "any"), default="audio", help="what is fake (default: audio)")
    add("--overwrite", action="store_true", help="replace another split in DIR")


def main(arguments: argparse.Namespace) -> None:
    check_bounds(arguments, 0, "seed")
    with loading():
        from avdf.config.loading import typed
        from avdf.config.schema import SplitConfig
        from avdf.data.clips import read_clips
        from avdf.data.outputs import write_split
        from avdf.data.splits.certificate import verdict
        from avdf.data.splits.rules import split_clips

    options = vars(arguments)
    settings: dict[str, Any] = {
        key: options[key] for key in SplitConfig.__dataclass_fields__ if options[key] is not None
    }
    if arguments.group:
        settings["group"] = dict(_pair(item) for item in arguments.group)
    rule = typed(SplitConfig, settings, "data.split")
    split = split_clips(read_clips(arguments.clips), rule, arguments.seed, target=arguments.target)
    write_split(split, arguments.out, overwrite=arguments.overwrite)
    print(verdict(split.certificate))
    splits = split.certificate["parts"].items()
    counts = ", ".join(f"{name} {row['num_clips']} ({row['num_voices']} voices)" for name, row in splits)
    print(f"{counts}, dropped {split.certificate['num_dropped']}")
    print(arguments.out)


def _pair(item: str) -> tuple[str, str]:
    column, equals, value = item.partition("=")
    if not equals:
        raise ConfigError(f"--group {item}: must be COLUMN=VALUE, as in race=African")
    return column, value
