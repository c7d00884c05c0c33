"""ASVspoof 2021 LA: 181,566 clips of 2019's evaluation speakers over telephone lines; evaluation alone.

X. Liu et al., "ASVspoof 2021: Towards Spoofed and Deepfake Speech Detection in the Wild", IEEE/ACM TASLP 31,
2023. 148,176 rows are of the subset eval.
"""

from avdf.corpora import register
from avdf.protocols.description import BONAFIDE_SPOOF, Card, Delimited, Description, Field, Source

_COLUMNS = ("speaker", "file", "codec", "transmission", "attack", "key", "trim", "subset")

register(
    __name__,
    Description(
        title="ASVspoof 2021 LA",
        card=Card(
            modalities=("audio",),
            labels="bonafide, spoof",
            licence="ODC-By 1.0",
            access="open: Zenodo record 4837263 for the clips; the keys are on asvspoof.org",
            flaws=(
                "no train split: train on ASVspoof 2019 LA (data.sources), whose people it shares",
                "the subset hidden has its silence trimmed; it is in no official split",
                "no gender",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(
                    names=("LA/CM/trial_metadata.txt|CM/trial_metadata.txt|trial_metadata.txt",),
                    delimiter=None,
                    layouts=(_COLUMNS,),
                ),
                file=Field(column="file"),
                audio=Field(column="key", words=BONAFIDE_SPOOF),
                audio_attack=Field(column="attack"),
                speaker=Field(column="speaker"),
                official_split=Field(
                    column="subset", words={"progress": "validation", "eval": "test", "hidden": ""}
                ),
                more={name: Field(column=name) for name in ("codec", "transmission", "trim", "subset")},
            ),
        ),
        official_splits=("validation", "test"),
        people="asvspoof_la",
        attack_codes="asvspoof_la",
    ),
)
