"""ASVspoof 2021 DF: 611,829 clips after lossy codecs, from ASVspoof 2019 and two conversion challenges.

X. Liu et al., "ASVspoof 2021: Towards Spoofed and Deepfake Speech Detection in the Wild", IEEE/ACM TASLP 31,
2023. Evaluation alone.
"""

from avdf.corpora import register
from avdf.protocols.description import BONAFIDE_SPOOF, Card, Delimited, Description, Field, Source

_MORE = ("codec", "source", "trim", "subset", "vocoder_type", "task", "team", "gender_pair")
_COLUMNS = ("speaker", "file", "codec", "source", "attack", "key", *_MORE[2:], "language")

register(
    __name__,
    Description(
        title="ASVspoof 2021 DF",
        card=Card(
            modalities=("audio",),
            labels="bonafide, spoof",
            licence="ODC-By 1.0",
            access="open: Zenodo record 4835108 for the clips; the keys are on asvspoof.org",
            flaws=(
                "no train split: train on ASVspoof 2019 LA (data.sources), whose people it shares",
                "the subset hidden has its silence trimmed; it is in no official split",
                "gender_pair (source and target of a conversion) is known for the conversion challenges "
                "alone, and is a property of the clip, so it is a column and no group",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(
                    names=("DF/CM/trial_metadata.txt|CM/trial_metadata.txt|trial_metadata.txt",),
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
                language=Field(column="language"),
                more={("corpus_part" if name == "source" else name): Field(column=name) for name in _MORE},
            ),
        ),
        official_splits=("validation", "test"),
        people="asvspoof_la",
        attack_codes="asvspoof_la",
    ),
)
