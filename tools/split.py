"""Parts a clip table into train, validation and test, and certifies what the parts share.

    python tools/split.py CLIPS --name voice [--seed N] --out DIR

CLIPS is the clips.csv of tools/prepare.py. Writes split.csv (clip, split) and certificate.json. The
names and what they promise: docs/splits.md.
"""

import argparse
from pathlib import Path
from typing import Any

from avdf.command import run
from avdf.errors import ConfigError

_NAMES = ("voice", "strict", "source", "clip", "leave_group_out", "leave_method_out", "file")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("clips", type=Path, metavar="CLIPS", help="a clips.csv")
    add("--out", type=Path, required=True, metavar="DIR", help="where split.csv and certificate.json go")
    add("--name", choices=_NAMES, default="voice", help="the rule (default: voice)")
    add("--seed", type=int, default=0, metavar="N", help="default: 0")
    add("--validation", type=float, metavar="SHARE", help="share of the clips (default: 0.15)")
    add("--test", type=float, metavar="SHARE", help="share of the clips (default: 0.15)")
    add("--folds", type=int, metavar="K", help="voice, strict: cross-validation with K parts")
    add("--fold", type=int, metavar="I", help="which of them is the test part, from 0")
    add("--group", nargs="+", metavar="COLUMN=VALUE", help="leave_group_out, as in race=African")
    add("--methods", nargs="+", metavar="METHOD", help="leave_method_out, as in wav2lip")
    add("--num-train-per-class", type=int, metavar="N", help="clip: so many real and fake clips train")
    add("--num-train-voices", type=int, metavar="N", help="voice, strict: so many people train")
    add("--path", metavar="CSV", help="file: a CSV of clip and split")
    add("--target", choices=("audio", "video", "any"), default="audio", help="what is fake (default: audio)")
    add("--overwrite", action="store_true", help="replace another split that lies in DIR")
    chosen = vars(parser.parse_args())
    from avdf.config.loading import typed
    from avdf.config.schema import SplitConfig
    from avdf.data.clips import read_clips
    from avdf.data.outputs import write_split
    from avdf.data.splits.rules import split_clips, verdict

    settings: dict[str, Any] = {
        key: chosen[key] for key in SplitConfig.__dataclass_fields__ if chosen[key] is not None
    }
    if chosen["group"]:
        settings["group"] = dict(_pair(item) for item in chosen["group"])
    rule = typed(SplitConfig, settings, "data.split")
    split = split_clips(read_clips(chosen["clips"]), rule, chosen["seed"], target=chosen["target"])
    write_split(split, chosen["out"], overwrite=chosen["overwrite"])
    print(verdict(split.certificate))
    parts = split.certificate["parts"].items()
    counts = ", ".join(f"{name} {part['num_clips']} ({part['num_voices']} voices)" for name, part in parts)
    print(f"{counts}, dropped {split.certificate['num_dropped']}")
    print(chosen["out"])


def _pair(item: str) -> tuple[str, str]:
    column, equals, value = item.partition("=")
    if not equals:
        raise ConfigError(f"--group {item}: must be COLUMN=VALUE, as in race=African")
    return column, value


if __name__ == "__main__":
    run(main)
