"""LAV-DF: 36,431 real clips of VoxCeleb2 and 99,873 that are fake in a few words, in sound, picture or both.

Z. Cai et al., "Do You Really Mean That? Content Driven Audio-Visual Deepfake Dataset and Multimodal Method
for Temporal Forgery Localization", DICTA 2022.
"""

from avdf.config.schema import SPLITS
from avdf.corpora import register
from avdf.protocols.description import FAKE, REAL, Card, Description, Field, JsonList, Source

_MODIFIED = {"true": FAKE, "false": REAL, "1": FAKE, "0": REAL}

register(
    __name__,
    Description(
        title="LAV-DF",
        card=Card(
            modalities=("audio", "video"),
            labels="modify_audio, modify_video; fake_periods says where",
            licence="CC BY-NC 4.0 and terms of use",
            access="on request: ControlNet/LAV-DF on Hugging Face, with its terms",
            flaws=(
                "a fake clip is real but for some tenths of a second: use the maximum over windows",
                "no speakers are listed: a real clip and the fakes made from it count as one person",
                "one system each for sound and for lips (by its paper: SV2TTS and Wav2Lip)",
            ),
        ),
        sources=(
            Source(
                rows=JsonList(names=("metadata.min.json|metadata.json",)),
                file=Field(column="file"),
                audio=Field(column="modify_audio", words=_MODIFIED),
                video=Field(column="modify_video", words=_MODIFIED),
                audio_attack=Field(constant="sv2tts"),
                video_attack=Field(constant="wav2lip"),
                speaker=Field(column="original|file", pattern=r"^(.*?)(?:\.mp4)?$"),
                speaker_rule="original",
                official_split=Field(
                    column="split", words={"train": "train", "dev": "validation", "test": "test"}
                ),
                segments="fake_periods",
                more={"original_file": Field(column="original", optional=True)},
            ),
        ),
        attacks=("sv2tts", "wav2lip", "sv2tts-wav2lip"),
        official_splits=SPLITS,
    ),
)
