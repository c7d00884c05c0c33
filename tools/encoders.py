"""python tools/encoders.py

Lists the plugins a config can name: encoders, features, augmentations, fusions; ready or stub.
"""

import argparse

from avdf import command


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()

    from avdf.augment import AUGMENTS
    from avdf.encoders import ENCODERS
    from avdf.features import FEATURES
    from avdf.fusion import FUSIONS

    print(f"{'kind':<13} {'name':<20} {'modality':<9} {'state':<6} from")
    for registry in (ENCODERS, FEATURES, AUGMENTS, FUSIONS):
        for name in registry.names():
            found = registry.get(name)
            modality = getattr(found.plugin_class, "modality", "-")
            state = "stub" if found.is_stub else "ready"
            print(f"{registry.kind:<13} {name:<20} {modality:<9} {state:<6} {found.module}")


if __name__ == "__main__":
    command.run(main)
