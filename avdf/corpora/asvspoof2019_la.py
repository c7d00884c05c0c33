"""ASVspoof 2019 LA: 121,461 clips of 107 VCTK speakers, 19 attacks.

X. Wang et al., "ASVspoof 2019: A large-scale public database of synthesized, converted and replayed speech",
Computer Speech & Language 64, 2020. Rows: 25,380 train, 24,844 development, 71,237 evaluation.
"""

from avdf.config.schema import SPLITS
from avdf.corpora import register
from avdf.protocols.description import BONAFIDE_SPOOF, TABLE, Card, Delimited, Description, Field, Source

register(
    __name__,
    Description(
        title="ASVspoof 2019 LA",
        card=Card(
            modalities=("audio",),
            labels="bonafide, spoof",
            licence="ODC-By 1.0",
            access="open: Edinburgh DataShare record 3336 (LA.zip)",
            flaws=(
                "leading and trailing silence differ between bonafide and spoof, and alone separate them",
                "no gender: speakers are called LA_NNNN, so VCTK's speaker-info.txt needs a mapping",
                "the folders also hold the enrolment clips of speaker verification, which no list names",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(
                    names=(
                        "ASVspoof2019.LA.cm.train.tr[nl].txt",
                        "ASVspoof2019.LA.cm.dev.tr[nl].txt",
                        "ASVspoof2019.LA.cm.eval.tr[nl].txt",
                    ),
                    delimiter=None,
                    layouts=(("speaker", "file", "unused", "attack", "key"),),
                ),
                file=Field(column="file"),
                audio=Field(column="key", words=BONAFIDE_SPOOF),
                audio_attack=Field(column="attack"),
                speaker=Field(column="speaker"),
                official_split=Field(
                    column=TABLE,
                    pattern=r"\.(train|dev|eval)\.",
                    words={"train": "train", "dev": "validation", "eval": "test"},
                ),
            ),
        ),
        attacks=tuple(f"A{number:02}" for number in range(1, 20)),
        official_splits=SPLITS,
        people="asvspoof_la",
        attack_codes="asvspoof_la",
    ),
)
