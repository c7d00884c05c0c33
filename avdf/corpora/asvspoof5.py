"""ASVspoof 5: 1.0 million clips of crowd-sourced English, 32 attacks, codecs in the evaluation part.

X. Wang et al., "ASVspoof 5: Crowdsourced Speech Data, Deepfakes, and Adversarial Attacks at Scale", ASVspoof
Workshop 2024. Rows: 182,357 train, 140,950 development, 680,774 evaluation.
"""

from avdf.config.schema import SPLITS
from avdf.corpora import register
from avdf.protocols.description import (
    BONAFIDE_SPOOF,
    GENDERS,
    SAME,
    TABLE,
    Card,
    Delimited,
    Description,
    Field,
    Source,
)

_COLUMNS = ("speaker", "file", "gender", "codec", "codec_q", "codec_seed", "tag", "attack", "key", "tmp")

register(
    __name__,
    Description(
        title="ASVspoof 5",
        card=Card(
            modalities=("audio",),
            labels="bonafide, spoof",
            licence="ODC-By 1.0",
            access="open: Zenodo record 14498691, three sets of tar files (flac_T, flac_D, flac_E)",
            flaws=(
                "codecs are in the evaluation part alone: train and development are uncoded",
                "the lists have no header; readers that expect one lose a row of each",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(
                    names=("ASVspoof5.train.tsv", "ASVspoof5.dev.track_1.tsv", "ASVspoof5.eval.track_1.tsv"),
                    delimiter=None,
                    layouts=(_COLUMNS,),
                ),
                file=Field(column="file"),
                audio=Field(column="key", words=BONAFIDE_SPOOF),
                audio_attack=Field(column="attack"),
                speaker=Field(column="speaker"),
                groups={"gender": Field(column="gender", words=GENDERS, otherwise=SAME)},
                official_split=Field(
                    column=TABLE,
                    pattern=r"\.(train|dev|eval)\.",
                    words={"train": "train", "dev": "validation", "eval": "test"},
                ),
                more={"codec": Field(column="codec"), "codec_q": Field(column="codec_q")},
            ),
        ),
        groups=("gender",),
        official_splits=SPLITS,
        attack_codes="asvspoof5",
    ),
)
