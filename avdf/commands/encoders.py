"""List the plugins that a config can name: encoders, features, augmentations, fusions.

    avdf encoders

One line per plugin: kind, name, modality, whether it is ready or a stub, and the module it comes from.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""


def main(arguments: argparse.Namespace) -> None:
    from avdf.augment import AUGMENTS
    from avdf.encoders import ENCODERS
    from avdf.features import FEATURES
    from avdf.fusion import FUSIONS

    print(f"{'kind':<13} {'name':<20} {'modality':<9} {'state':<6} from")
    for registry in (ENCODERS, FEATURES, AUGMENTS, FUSIONS):
        for name in registry.names():
            plugin = registry.get(name)
            modality = getattr(plugin.plugin_class, "modality", "-")
            state = "stub" if plugin.is_stub else "ready"
            print(f"{registry.kind:<13} {name:<20} {modality:<9} {state:<6} {plugin.module}")
