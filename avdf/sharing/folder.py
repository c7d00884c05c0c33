"""What is shared of a run: its weights, detector.json and model card, checked before they leave."""

import shutil
from pathlib import Path

from avdf.audit.folder import refuse_existing
from avdf.config.detector_json import FACTS_NAME
from avdf.detector_folder import WEIGHTS_NAME, load_detector
from avdf.files import atomic_folder, write_text
from avdf.run_folder import RunFolder
from avdf.sharing.card import model_card

CARD_NAME = "README.md"


def write_card(run: RunFolder) -> None:
    """Writes the model card into the detector's folder of a finished run."""
    write_text(run.detector / CARD_NAME, model_card(run))


def share_to_folder(
    run: RunFolder, out: Path, *, license_name: str | None = None, overwrite: bool = False
) -> None:
    """Writes folder `out` with the detector of a run and its card.

    Raises UserError if the run has no detector or audit, if its detector can't be loaded, or if `out` exists
    and may not be replaced.
    """
    card = model_card(run, license_name)
    load_detector(run.detector)
    refuse_existing(out, overwrite, run.path, "--to")
    with atomic_folder(out) as folder:
        for name in (FACTS_NAME, WEIGHTS_NAME):
            shutil.copyfile(run.detector / name, folder / name)
        write_text(folder / CARD_NAME, card)
