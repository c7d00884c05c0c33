"""Train a neural codec or vocoder on the real training speech of a corpus, to make fakes with it.

    avdf train_faker CONFIG [key=value ...] [--run RUN] [--out DIR]

For example: avdf train_faker configs/fakers/codec_transposed.yaml data.root=FakeAVCeleb_v1.2

It hears the real clips of the training split alone; --run takes data and split from a run. The split and what
was heard are certified in DIR. After an interruption the same command continues.

The last line is DIR, which `avdf make_fakes --fakers DIR` takes.
"""

import argparse
from pathlib import Path

from avdf.commands.parsing import path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("config", type=path, metavar="CONFIG", help="a faker's YAML, as in configs/fakers/")
    add("overrides", nargs="*", metavar="key=value", help="a setting in place of the YAML's")
    add("--run", type=path, metavar="RUN", help="use the data and the split of this run")
    add("--out", type=path, metavar="DIR", help="default: runs/fakers/<name>")


def main(arguments: argparse.Namespace) -> None:
    from avdf.experiment.trained_fakers import load_faker_config, train_faker

    config = load_faker_config(arguments.config, arguments.overrides, arguments.run)
    out = arguments.out or Path("runs", "fakers", config.name)
    facts = train_faker(config, out)
    print(f"{facts.name}: {facts.num_steps} steps on {facts.num_voices} voices")
    print(out)
