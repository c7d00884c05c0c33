"""In-the-Wild: 31,779 clips of 58 public figures from the web, 19,963 real and 11,816 fake.

N. M. Müller et al., "Does Audio Deepfake Detection Generalize?", Interspeech 2022.
"""

from avdf.corpora import register
from avdf.protocols.description import BONAFIDE_SPOOF, FAKE, REAL, Card, Delimited, Description, Field, Source

register(
    __name__,
    Description(
        title="In-the-Wild",
        card=Card(
            modalities=("audio",),
            labels="bona-fide, spoof; real, fake in modified_meta.csv, which has no speakers",
            licence="stated as Apache 2.0 and as CC BY-SA 4.0; the speech itself belongs to others",
            access="open: deepfake-total.com/in_the_wild, or mueller91/In-The-Wild on Hugging Face",
            flaws=(
                "neither attacks nor an official split; gender only from a table of your own (data.speakers)",
                "real and fake clips of a person come from different recordings and channels",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(names=("meta.csv|modified_meta.csv",)),
                file=Field(column="file"),
                audio=Field(column="label", words={**BONAFIDE_SPOOF, "real": REAL, "fake": FAKE}),
                speaker=Field(column="speaker", optional=True),
            ),
        ),
    ),
)
