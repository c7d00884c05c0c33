"""Deepfake-Eval-2024: sound and video that people sent to a detection service in 2024.

N. A. Chandra et al., "Deepfake-Eval-2024: A Multi-Modal In-the-Wild Benchmark of Deepfakes Circulated in
2024", arXiv 2503.02857, 2025. Pictures are not read.
"""

from avdf.corpora import register
from avdf.protocols.description import FAKE, REAL, UNLABELLED, Card, Delimited, Description, Field, Source

_TRUTH = {"real": REAL, "fake": FAKE, "unknown": UNLABELLED, "": UNLABELLED}
_SET = Field(column="Finetuning Set", words={"train": "train", "test": "test", "": ""}, optional=True)

register(
    __name__,
    Description(
        title="Deepfake-Eval-2024",
        card=Card(
            modalities=("audio", "video"),
            labels="Real, Fake, Unknown; clips of unknown truth are left out and counted",
            licence="CC BY-SA 4.0",
            access="on request: nuriachandra/Deepfake-Eval-2024 on Hugging Face",
            flaws=(
                "nobody says who speaks: each clip counts as a person, so intervals are too narrow",
                "clips of minutes: a score of the whole and the mean of windows cannot be compared",
                "official split: the set for fine-tuning trains, the rest is test; none validates",
            ),
        ),
        sources=(
            Source(
                rows=Delimited(names=("audio-metadata-publish.csv",)),
                file=Field(column="Filename"),
                folder=Field(constant="audio-data"),
                audio=Field(column="Ground Truth", words=_TRUTH),
                official_split=_SET,
            ),
            Source(
                rows=Delimited(names=("video-metadata-publish.csv",)),
                file=Field(column="Filename"),
                folder=Field(constant="video-data"),
                audio=Field(column="Audio Ground Truth", words=_TRUTH),
                video=Field(column="Video Ground Truth", words=_TRUTH),
                official_split=_SET,
            ),
        ),
        official_splits=("train", "test"),
    ),
)
