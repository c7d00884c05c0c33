"""SpoofCeleb: 2.7 million clips of 1,251 VoxCeleb1 speakers, 23 attacks trained on speech from the wild.

J. Jung et al., "SpoofCeleb: Speech Deepfake Detection and SASV In The Wild", IEEE OJSP, 2025. Rows:
2,540,421 train, 55,741 development, 91,130 evaluation.
"""

from avdf.config.schema import SPLITS
from avdf.corpora import register
from avdf.protocols.description import (
    FAKE,
    REAL,
    TABLE,
    UNLABELLED,
    Card,
    Delimited,
    Description,
    Field,
    Source,
)

register(
    __name__,
    Description(
        title="SpoofCeleb",
        card=Card(
            modalities=("audio",),
            labels="a00 is real; every other attack is fake",
            licence="CC BY 4.0",
            access="open, with an account: jungjee/spoofceleb on Hugging Face",
            flaws=(
                "gender and nationality only from VoxCeleb's vox1_meta.csv (data.speakers)",
                "its people are VoxCeleb1's; recordings may be in other corpora made from VoxCeleb",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(
                    names=("metadata/train.csv", "metadata/development.csv", "metadata/evaluation.csv")
                ),
                file=Field(column="file"),
                audio=Field(column="attack", words={"a00": REAL, "": UNLABELLED}, otherwise=FAKE),
                audio_attack=Field(column="attack"),
                speaker=Field(column="speaker"),
                official_split=Field(
                    column=TABLE,
                    pattern=r"(.*)\.csv",
                    words={"train": "train", "development": "validation", "evaluation": "test"},
                ),
            ),
        ),
        official_splits=SPLITS,
        people="voxceleb",
        attack_codes="spoofceleb",
    ),
)
