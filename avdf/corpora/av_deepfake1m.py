"""AV-Deepfake1M and its successor ++: clips of VoxCeleb2, fake in a few words in sound, picture or both.

Z. Cai et al., "AV-Deepfake1M: A Large-Scale LLM-Driven Audio-Visual Deepfake Dataset", ACM Multimedia 2024.
"""

from avdf.corpora import register
from avdf.protocols.description import (
    FAKE,
    REAL,
    UNLABELLED,
    Card,
    Delimited,
    Description,
    Field,
    JsonList,
    Source,
)

# The readers that circulate test for `both-modified`, and take clips that are fake in both for real.
_AUDIO = {"real": REAL, "visual_modified": REAL, "audio_modified": FAKE, "both_modified": FAKE}
_VIDEO = {"real": REAL, "visual_modified": FAKE, "audio_modified": REAL, "both_modified": FAKE}


def _spellings(words: dict[str, str]) -> dict[str, str]:
    return words | {word.replace("_", "-"): label for word, label in words.items()}


register(
    __name__,
    Description(
        title="AV-Deepfake1M",
        card=Card(
            modalities=("audio", "video"),
            labels="modify_type (real, audio_modified, visual_modified, both_modified); fake_segments",
            licence="EULA: research alone",
            access="on request: ControlNet/AV-Deepfake1M on GitHub, with a signed EULA",
            flaws=(
                "a fake clip is real but for some tenths of a second: use the maximum over windows",
                "the test clips have no labels (test_files.txt): they are left out and counted",
                "gender only from VoxCeleb's vox2_meta.csv (data.speakers)",
                "the system of the lips is not in the lists: its attack is called lip sync",
            ),
        ),
        sources=(
            Source(
                rows=JsonList(names=("train_metadata.json", "val_metadata.json")),
                file=Field(column="file"),
                folder=Field(column="split", optional=True),
                audio=Field(column="modify_type", words=_spellings(_AUDIO)),
                video=Field(column="modify_type", words=_spellings(_VIDEO)),
                audio_attack=Field(column="audio_model", optional=True),
                video_attack=Field(constant="lip sync"),
                speaker=Field(column="file", pattern=r"(id\d{5})"),
                official_split=Field(column="split", words={"train": "train", "val": "validation"}),
                segments="fake_segments",
                more={"original_file": Field(column="original", optional=True)},
            ),
            Source(
                rows=Delimited(names=("test_files.txt",), delimiter=None, layouts=(("file",),), needed=False),
                file=Field(column="file"),
                folder=Field(constant="test"),
                audio=Field(constant=UNLABELLED),
            ),
        ),
        official_splits=("train", "validation"),
        people="voxceleb",
    ),
)
